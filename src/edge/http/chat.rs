//! `POST /v1/chat/completions`: the gate, then the pipeline.

use std::rc::Rc;

use futures_channel::oneshot;
use worker::{Request, Response};

use super::{
    Desk,
    gate::{self, Caller},
    incoming,
};
use crate::{
    domain::{
        key::KeyStatus,
        limit::{self, Verdict},
        refusal::Refusal,
        request::{ChatRequest, RequestBounds},
    },
    edge::{
        brain,
        objects::LimiterClient,
        world::{EdgeReply, EdgeWorld},
    },
    pipeline,
};

/// Answers a chat request. What follows its answer (the rest of a stream, the settlement) goes
/// on in the background, also when the client has gone.
pub async fn complete(desk: Desk, mut request: Request) -> Result<Response, Refusal> {
    let claim = gate::claim(&desk, &request)?;
    let settings = &desk.config.settings;
    let body = incoming::body(&mut request, settings.max_body_bytes, settings).await;
    let caller = gate::admit(&desk, claim).await?;
    if let Caller::Minted { key, .. } = &caller
        && key.status == KeyStatus::Paused
    {
        return Err(Refusal::KeyPaused);
    }
    let chat = ChatRequest::parse(body?, RequestBounds::default())?;
    if settings.gateway_api_key.is_none() {
        return Err(Refusal::Setting {
            name: "GATEWAY_API_KEY".into(),
            message: "setting GATEWAY_API_KEY is missing: the runtime cannot be called without it"
                .into(),
        });
    }
    let request_id = desk.request_id.clone();
    let limiter = take(&desk, &caller, &request_id).await?;

    let (answer, answered) = oneshot::channel();
    let world = EdgeWorld {
        env: desk.env,
        context: Rc::clone(&desk.context),
        config: desk.config,
        request_id,
        received_at: desk.received_at,
        limiter: limiter.map(Rc::new),
        client: request.inner().signal(),
    };
    let reply = EdgeReply { answer };
    desk.context.wait_until(async move {
        pipeline::serve(&world, &chat, reply).await;
    });
    answered.await.map_err(|_| Refusal::Internal)
}

/// Counts the request against the caller's windows, if they have room.
async fn take(
    desk: &Desk,
    caller: &Caller,
    request_id: &str,
) -> Result<Option<LimiterClient>, Refusal> {
    let Caller::Minted { hash, .. } = caller else {
        return Ok(None);
    };
    let settings = &desk.config.settings;
    let windows = limit::key_windows(settings.limit_6h, settings.limit_week);
    let taking = async {
        let limiter = LimiterClient::of(&desk.env, &hash.0)?;
        let verdict = brain::soon(limiter.take(request_id, &windows)).await?;
        Ok::<_, worker::Error>((limiter, verdict))
    };
    match taking.await {
        Ok((limiter, Verdict::Taken)) => Ok(Some(limiter)),
        Ok((_, Verdict::Full { limit, retry_after })) => {
            Err(Refusal::RateLimited { limit, retry_after })
        }
        Err(error) => {
            worker::console_error!("the limiter could not be asked: {error}");
            Err(Refusal::StoreAway)
        }
    }
}
