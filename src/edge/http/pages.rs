//! Pages: the built web app where there is one, else a single page of our own.

use worker::{Env, Method, Request, RequestInit, Response, Result};

use crate::domain::wire::page;

/// Polls the read-only views; needs nothing but this deployment.
const FALLBACK: &str = include_str!("fallback.html");

/// Headers of a page that we write ourselves, beside the policy of what may run in it.
const PAGE_HEADERS: [(&str, &str); 5] = [
    ("content-type", "text/html; charset=utf-8"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cache-control", "no-cache"),
];

/// The pages that are known by a name without a slash: left to the files' own rules, it would be
/// answered with a redirect, which a plain client does not follow.
const NAMED: [&str; 3] = ["/start", "/app", "/docs"];

/// Serves whatever is not the API: a file of the web app, or the fallback at `/`.
pub async fn serve(request: Request, env: &Env, path: &str) -> Result<Response> {
    let is_read = matches!(request.method(), Method::Get | Method::Head);
    if let Ok(assets) = env.assets("ASSETS")
        && is_read
    {
        let mut not_found = request.url()?;
        let response = match NAMED.contains(&path) {
            true => {
                let mut page = not_found.clone();
                page.set_path(&format!("{path}/"));
                let mut init = RequestInit::new();
                init.with_method(request.method())
                    .with_headers(request.headers().clone());
                assets.fetch(page.to_string(), Some(init)).await?
            }
            false => assets.fetch_request(request).await?,
        };
        if response.status_code() != 404 {
            return Ok(response);
        }
        // The web app has a page for what is not there.
        not_found.set_path("/404");
        not_found.set_query(None);
        let page = assets.fetch(not_found.to_string(), None).await?;
        if path != "/" && page.status_code() == 200 {
            return Ok(page.with_status(404));
        }
    }
    match path {
        "/" if is_read => written(200, FALLBACK),
        _ => written(
            404,
            "<!doctype html><title>Not found</title><p>Nothing here. <a href=\"/\">Arbiter</a></p>",
        ),
    }
}

fn written(status: u16, html: &str) -> Result<Response> {
    let mut response = Response::from_html(html)?.with_status(status);
    let headers = response.headers_mut();
    for (name, value) in PAGE_HEADERS {
        headers.set(name, value)?;
    }
    headers.set("content-security-policy", &page::policy(html))?;
    Ok(response)
}
