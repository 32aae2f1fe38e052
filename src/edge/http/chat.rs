//! Requests that a model is to answer, in whichever protocol: the gate, then the pipeline.

use std::{cell::Cell, rc::Rc};

use chat::RequestBounds;
use futures_channel::oneshot;
use protocols::messages;
use worker::Request;

use super::{
    Desk,
    gate::{self, Admitted},
    incoming, reply,
};
use crate::{
    domain::{
        refusal::Refusal,
        surface::{Chat, Protocol},
        tags,
    },
    edge::world::{EdgeReply, EdgeWorld},
    pipeline,
};

/// Answers a chat request. What follows its answer (the rest of a stream, the settlement) goes
/// on in the background, also when the client has gone.
pub async fn complete(
    desk: Desk,
    mut request: Request,
    protocol: Protocol,
) -> Result<reply::Answer, Refusal> {
    let settings = &desk.config.settings;
    let tags = request.headers().get(tags::HEADER).ok().flatten();
    let read = |body| {
        let (mut chat, foreign) = protocol.read(body, RequestBounds::default())?;
        chat.tags = tags::of(tags.as_deref(), chat.tags)?;
        chat.safe_only = settings.pass_safe_only;
        settings.has_keys().map(|()| (chat, foreign))
    };
    let (
        Admitted {
            chat,
            account,
            held,
        },
        foreign,
    ) = gate::enter(&desk, &mut request, read).await?;

    let (answer, answered) = oneshot::channel();
    let world = EdgeWorld {
        env: desk.env,
        context: Rc::clone(&desk.context),
        config: desk.config,
        request_id: desk.request_id,
        received_at: desk.received_at,
        account,
        paid: Cell::default(),
        caller: desk.caller.get().cloned(),
        client: request.inner().signal(),
    };
    let reply = EdgeReply { answer };
    desk.context.wait_until(async move {
        match foreign {
            None => pipeline::serve(&world, &chat, &Chat::of(&chat), reply).await,
            Some(foreign) => pipeline::serve(&world, &chat, &foreign, reply).await,
        };
        drop(held);
    });
    answered.await.map_err(|_| Refusal::Internal)
}

/// How many tokens a request of the Messages protocol has. Nobody is called for it, and it counts
/// against no window.
pub async fn count_tokens(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let claim = gate::claim(desk, &request).await?;
    let settings = &desk.config.settings;
    let most = settings.max_body_bytes;
    let body = incoming::body_of(&mut request, most, settings, claim.minted()).await;
    gate::admit(desk, claim).await?;
    let (body, _held) = body?;
    let tokens = messages::count(&body, RequestBounds::default())?;
    reply::json(&serde_json::json!({"input_tokens": tokens}))
}
