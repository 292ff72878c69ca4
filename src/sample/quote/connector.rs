//! The connector itself: takes a call through its stages to an answer.
//!
//! The order of the stages is the contract's: is the operation offered (404), is it
//! a POST (405), is the token good (401), is the body JSON (415, 413, 400), does it
//! have the operation's shape (422). Only then a handler sees the request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_LENGTH};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::Value;

use crate::base::clock::Clock;
use crate::sample::Variant;
use crate::sample::server::Service;

use super::auth::{Guard, Session};
use super::carriers;
use super::catalog::Catalog;
use super::faults::Injected;
use super::operation::Operation;
use super::orders::OrderBook;
use super::policy::Policy;
use super::quotes::{Quotes, Register};
use super::setup;
use super::text::Text;
use super::wire::{Answer, Object, Problem};

/// Path under which the operations are.
pub const BASE_PATH: &str = "/quotecon/";

/// A running connector's state.
#[derive(Debug)]
pub struct Connector {
    pub variant: Variant,
    pub policy: Policy,
    pub guard: Guard,
    pub tenants: Vec<Tenant>,
    pub clock: Arc<dyn Clock>,
    pub injected: Injected,
    pub calls: AtomicU64,
}

/// Everything of one customer; nothing is shared between customers.
#[derive(Debug)]
pub struct Tenant {
    /// Customer id in SuperOffice.
    pub id: &'static str,
    pub catalog: Catalog,
    pub register: Register,
    pub orders: OrderBook,
}

/// One request on its way through the stages.
#[derive(Debug)]
pub struct Call {
    /// Running number of the request.
    pub number: u64,
    pub method: Method,
    pub operation: Option<Operation>,
    pub headers: HeaderMap,
    pub session: Option<Session>,
    /// Index of the customer whose data is served.
    pub customer: usize,
    /// The body as it was sent.
    pub sent: Value,
    /// The operation's own members, in documented spelling and type.
    pub request: Object,
    pub now: Timestamp,
}

impl Service for Connector {
    async fn respond(&self, request: Request) -> Response<Body> {
        let (head, body) = request.into_parts();
        let mut call = self.arrival(head.method, head.uri.path(), head.headers);
        self.answer(&mut call, body).await.into_response()
    }

    fn plain_http(&self) -> bool {
        self.policy.plain_http
    }
}

impl Connector {
    /// Notes the arrival of a request.
    pub fn arrival(&self, method: Method, path: &str, headers: HeaderMap) -> Call {
        let name = (self.policy.operation_name)(path);
        Call {
            number: self.calls.fetch_add(1, Ordering::Relaxed),
            method,
            operation: Operation::named(name).filter(|op| op.offered(self.variant)),
            headers,
            session: None,
            customer: 0,
            sent: Value::Null,
            request: Object::new(),
            now: self.clock.now(),
        }
    }

    /// Takes the call through all stages.
    pub async fn answer(&self, call: &mut Call, body: Body) -> Answer {
        let mut body = Some(body);
        let answer = self
            .stages(call, &mut body)
            .await
            .unwrap_or_else(Answer::from);
        // A client that is still sending would miss the answer otherwise.
        if let Some(unread) = body.take() {
            drain(unread).await;
        }
        self.injected.finish(self, call, answer).await
    }

    async fn stages(&self, call: &mut Call, body: &mut Option<Body>) -> Result<Answer, Problem> {
        let Some(operation) = call.operation else {
            return Err(Problem::not_supported());
        };
        if call.method != Method::POST {
            return Ok(method_not_allowed());
        }
        if !self.policy.token_before_body {
            self.read_body(call, body).await?;
        }
        if operation == Operation::Authenticate {
            return self.authenticate(call, body).await;
        }
        self.find_session(call, operation).await?;
        if self.policy.token_before_body {
            self.read_body(call, body).await?;
        }
        self.read_request(call, operation)?;
        self.injected.change_request(self, call)?;
        // A fault of ours is an answer too, and ends no connection.
        catch_unwind(AssertUnwindSafe(|| self.handle(call, operation)))
            .unwrap_or_else(|_| Err(Problem::fault()))
    }

    async fn authenticate(
        &self,
        call: &mut Call,
        body: &mut Option<Body>,
    ) -> Result<Answer, Problem> {
        let given = self
            .guard
            .authenticate(&call.headers, &self.policy, call.now)
            .await;
        let (session, token) = match (given, (self.policy.admits)(call)) {
            (Ok(given), _) => given,
            (Err(_), Some(customer)) => self.guard.open(customer, None, &self.policy, call.now)?,
            (Err(problem), None) => return Err(problem),
        };
        call.session = Some(session);
        self.read_body(call, body).await?;
        self.injected.change_request(self, call)?;
        Ok(Answer::result(token))
    }

    async fn find_session(&self, call: &mut Call, operation: Operation) -> Result<(), Problem> {
        let found = self
            .guard
            .session(&call.headers, &self.policy, call.now)
            .await;
        match (found, (self.policy.admits)(call)) {
            (Ok(Some(session)), _) => {
                call.customer = (self.policy.serves)(session.customer);
                call.session = Some(session);
                Ok(())
            }
            (_, Some(customer)) => {
                call.customer = customer;
                Ok(())
            }
            // The fields are the same for everybody and may be read before there is
            // a connection.
            (Ok(None), None) if operation == Operation::GetConfigurationFields => Ok(()),
            (Ok(None), None) => Err(Problem::no_token("No access token in the request.")),
            (Err(problem), None) => Err(problem),
        }
    }

    /// Reads and parses the body; an empty one is fine where nothing is needed.
    async fn read_body(&self, call: &mut Call, body: &mut Option<Body>) -> Result<(), Problem> {
        let too_long = || {
            let user = Text::new("The request is too long.", "Forespørselen er for lang.");
            let tech = "Body exceeds the limit.";
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", user, tech)
        };
        let announced = call
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok());
        let announced = announced.and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.policy.body_limit) {
            return Err(too_long());
        }
        let Some(stream) = body.take() else {
            return Ok(());
        };
        let bytes = collect(stream, self.policy.body_limit, announced).await;
        let bytes = bytes.ok_or_else(too_long)?;
        if bytes.is_empty() {
            return Ok(());
        }
        if !(self.policy.is_json)(&call.headers) {
            let user = Text::new("The request is not JSON.", "Forespørselen er ikke JSON.");
            let tech = "Content-Type must be application/json.";
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                user,
                tech,
            ));
        }
        call.sent = serde_json::from_slice(&bytes)
            .map_err(|_| Problem::malformed("invalid_json", "Body is not valid JSON."))?;
        Ok(())
    }

    /// Gives the body the shape of the operation's request.
    fn read_request(&self, call: &mut Call, operation: Operation) -> Result<(), Problem> {
        let shape = carriers::request(operation);
        match (&call.sent, operation) {
            (Value::Array(_), Operation::GetCapabilities) => {}
            (Value::Object(sent), op) if op != Operation::GetCapabilities => {
                call.request = shape.read(sent, self.policy.names)?;
            }
            (Value::Null, Operation::GetConfigurationFields | Operation::GetSearchableFields) => {}
            _ => {
                let tech = "Body does not have the type that the operation takes.";
                return Err(Problem::malformed("wrong_body", tech));
            }
        }
        Ok(())
    }

    /// Hands the request to the operation.
    fn handle(&self, call: &Call, operation: Operation) -> Result<Answer, Problem> {
        use Operation as Op;
        let tenant = &self.tenants[call.customer];
        let request = &call.request;
        let catalog = &tenant.catalog;
        let quotes = Quotes {
            catalog,
            register: &tenant.register,
            now: call.now,
        };
        let today = call.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let result = match operation {
            Op::Authenticate => return Err(Problem::not_supported()),
            Op::GetConfigurationFields => setup::configuration_fields(),
            Op::TestConnection => setup::test_connection(request, self.variant),
            Op::GetCapabilities => setup::capabilities(&asked_names(&call.sent)?, self.variant),
            Op::GetActivePriceLists => catalog.active_price_lists(request, today),
            Op::GetAllPriceLists => catalog.all_price_lists(request, today),
            Op::FindProduct => catalog.find(request, today),
            Op::GetProduct => catalog.product(request)?,
            Op::GetProducts => catalog.products(request)?,
            Op::GetQuoteLinesFromProduct => quotes.lines_from_product(request)?,
            Op::GetNumberOfProductImages => catalog.image_count(request)?,
            Op::GetProductImage => catalog.image(request)?,
            Op::GetSearchableFields => Catalog::searchable_fields(),
            Op::GetSearchResults => catalog.search(request, today)?,
            Op::GetQuoteList => catalog.quote_list(request),
            Op::OnBeforeCreateQuote => quotes.before_create_quote(request)?,
            Op::OnBeforeCreateQuoteVersion => quotes.before_create_version(request)?,
            Op::OnBeforeCreateQuoteAlternative => quotes.before_create_alternative(request)?,
            Op::OnAfterSaveQuote => {
                quotes.after_save(request)?;
                return Ok(Answer::done());
            }
            Op::OnBeforeDeleteQuote => {
                quotes.before_delete(request)?;
                return Ok(Answer::done());
            }
            Op::OnAfterSentQuoteVersion => quotes.after_sent(request)?,
            Op::OnQuoteLineChanged => quotes.line_changed(request)?,
            Op::RecalculateQuoteAlternative => quotes.recalculate(request)?,
            Op::ValidateQuoteVersion => quotes.validate(request)?,
            Op::UpdateQuoteVersionPrices => quotes.update_prices(request)?,
            Op::PlaceOrder => tenant.orders.place(&quotes, request)?,
            Op::GetOrderState => tenant.orders.state(&quotes, request)?,
            Op::GetAddresses => Quotes::addresses(request)?,
        };
        Ok(Answer::result(result))
    }
}

fn asked_names(sent: &Value) -> Result<Vec<&str>, Problem> {
    let names = sent.as_array().into_iter().flatten().map(Value::as_str);
    let names: Option<Vec<&str>> = names.collect();
    names.ok_or_else(|| Problem::argument("Capability names must be texts."))
}

fn method_not_allowed() -> Answer {
    let user = Text::new(
        "The request could not be read.",
        "Forespørselen kunne ikke leses.",
    );
    let tech = "Operations are called with POST.";
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", user, tech);
    let mut answer = Answer::from(problem);
    answer
        .headers
        .insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

/// The whole body, or `None` when it is longer than the limit or breaks off.
async fn collect(body: Body, limit: usize, announced: Option<usize>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default().min(limit));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk: Bytes = chunk.ok()?;
        if bytes.len() + chunk.len() > limit {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    Some(bytes)
}

/// Reads on without keeping anything, but not for ever.
async fn drain(body: Body) {
    let mut left = 64 * 1024 * 1024_usize;
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        if chunk.len() > left {
            return;
        }
        left -= chunk.len();
    }
}
