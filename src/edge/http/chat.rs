//! `POST /v1/chat/completions`: the gate, then the pipeline.

use std::rc::Rc;

use futures_channel::oneshot;
use worker::{Request, Response};

use super::{
    Desk,
    gate::{self, Admitted},
};
use crate::{
    domain::{
        refusal::Refusal,
        request::{ChatRequest, RequestBounds},
        settings::Settings,
        surface::chat::Chat,
    },
    edge::world::{EdgeReply, EdgeWorld},
    pipeline,
};

/// Answers a chat request. What follows its answer (the rest of a stream, the settlement) goes
/// on in the background, also when the client has gone.
pub async fn complete(desk: Desk, mut request: Request) -> Result<Response, Refusal> {
    let settings = &desk.config.settings;
    let read = |body| {
        let chat = ChatRequest::parse(body, RequestBounds::default())?;
        runtime_is_set(settings).map(|()| (chat, ()))
    };
    let (
        Admitted {
            chat,
            account,
            held,
        },
        (),
    ) = gate::enter(&desk, &mut request, read).await?;

    let (answer, answered) = oneshot::channel();
    let world = EdgeWorld {
        env: desk.env,
        context: Rc::clone(&desk.context),
        config: desk.config,
        request_id: desk.request_id,
        received_at: desk.received_at,
        account,
        caller: desk.caller.get().cloned(),
        client: request.inner().signal(),
    };
    let reply = EdgeReply { answer };
    desk.context.wait_until(async move {
        pipeline::serve(&world, &chat, &Chat::of(&chat), reply).await;
        drop(held);
    });
    answered.await.map_err(|_| Refusal::Internal)
}

fn runtime_is_set(settings: &Settings) -> Result<(), Refusal> {
    if settings.gateway_api_key.is_some() {
        return Ok(());
    }
    Err(Refusal::Setting {
        name: "GATEWAY_API_KEY".into(),
        message: "setting GATEWAY_API_KEY is missing: the runtime cannot be called without it"
            .into(),
    })
}
