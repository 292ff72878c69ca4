//! What goes over the wire: answers, the errors among them, and the small helpers
//! with which handlers read and write JSON objects.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde_json::{Map, Number, Value, json};
use std::time::Duration;

use super::text::Text;

/// A JSON object.
pub type Object = Map<String, Value>;

/// The minimum date of .NET: not set, or an open start.
pub const NO_DATE: &str = "0001-01-01T00:00:00";

/// "Not known" for cost and minimum price: the minimum decimal of .NET.
pub const NOT_KNOWN: f64 = -7.922_816_251_426_434e28;

/// An answer before it is written.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Payload,
    /// How long the answer is held back; zero but for injected faults.
    pub delay: Duration,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Payload {
    Empty,
    Json(Value),
    Bytes(Vec<u8>),
}

impl Answer {
    /// 200 with a result, `null` included.
    pub fn result(value: Value) -> Self {
        Self::new(StatusCode::OK, Payload::Json(value))
    }

    /// 204: done, and there is nothing to tell.
    pub fn done() -> Self {
        Self::new(StatusCode::NO_CONTENT, Payload::Empty)
    }

    /// An answer with the headers that every answer carries.
    pub fn new(status: StatusCode, body: Payload) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if !matches!(body, Payload::Empty) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Self {
            status,
            headers,
            body,
            delay: Duration::ZERO,
        }
    }

    /// The result, for a look or a change.
    pub fn json(&mut self) -> Option<&mut Value> {
        match &mut self.body {
            Payload::Json(value) => Some(value),
            Payload::Empty | Payload::Bytes(_) => None,
        }
    }

    /// The answer as the server sends it.
    pub fn into_response(self) -> Response<Body> {
        let body = match self.body {
            Payload::Empty => Body::empty(),
            Payload::Json(value) => Body::from(value.to_string()),
            Payload::Bytes(bytes) => Body::from(bytes),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Why a request is answered with an HTTP error. Business refusals are no
/// problems: they are results with State Error.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    code: &'static str,
    user: Text,
    tech: String,
}

impl Problem {
    /// A problem with its texts for user and support.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        user: Text,
        tech: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            user,
            tech: tech.into(),
        }
    }

    /// 400: the request cannot be read.
    pub fn malformed(code: &'static str, tech: impl Into<String>) -> Self {
        let user = Text::new(
            "The request could not be read.",
            "Forespørselen kunne ikke leses.",
        );
        Self::new(StatusCode::BAD_REQUEST, code, user, tech)
    }

    /// 422: the request can be read, but an argument makes no sense.
    pub fn argument(tech: impl Into<String>) -> Self {
        let user = Text::new(
            "The request has a value that the ERP system cannot use.",
            "Forespørselen har en verdi som ERP-systemet ikke kan bruke.",
        );
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_argument",
            user,
            tech,
        )
    }

    /// 401: no token, or one that is not good any more.
    pub fn no_token(tech: &str) -> Self {
        let user = Text::new("The session has expired.", "Økten er utløpt.");
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", user, tech)
    }

    /// 401 at Authenticate.
    pub fn no_access(tech: &str) -> Self {
        let user = Text::new(
            "The connector does not accept these credentials.",
            "Koblingen godtar ikke denne legitimasjonen.",
        );
        Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", user, tech)
    }

    /// 404: the operation is not supported, and nothing else.
    pub fn not_supported() -> Self {
        let user = Text::new(
            "The connector does not offer this function.",
            "Koblingen tilbyr ikke denne funksjonen.",
        );
        let tech = "Operation not supported by this connector.";
        Self::new(StatusCode::NOT_FOUND, "not_supported", user, tech)
    }

    /// 500: a fault of the connector.
    pub fn fault() -> Self {
        let user = Text::new(
            "The ERP system is not available right now.",
            "ERP-systemet er ikke tilgjengelig nå.",
        );
        let tech = "Unhandled fault in the connector.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", user, tech)
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let mut body = outcome("Error", Some(&problem.user), &problem.tech, problem.code);
        body.insert("IsOk".to_owned(), Value::Bool(false));
        let mut answer = Self::new(problem.status, Payload::Json(Value::Object(body)));
        if problem.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"quotecon\"");
            answer.headers.insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

/// The four members of a PluginResponseInfo.
pub fn outcome(state: &str, user: Option<&Text>, tech: &str, code: &str) -> Object {
    let user = user.map(Text::to_string).unwrap_or_default();
    object(json!({
        "State": state,
        "UserExplanation": user,
        "TechExplanation": tech,
        "ErrorCode": code,
    }))
}

/// A plain State Ok.
pub fn success() -> Object {
    outcome("Ok", None, "", "")
}

/// The object in a value that is known to be one.
pub fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// A text member; null and absent count as empty.
pub fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text member that is neither absent nor blank.
pub fn filled<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    Some(text(object, name)).filter(|text| !text.trim().is_empty())
}

/// An integer member; absent counts as 0.
pub fn integer(object: &Object, name: &str) -> i64 {
    object.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// A boolean member; absent counts as false.
pub fn flag(object: &Object, name: &str) -> bool {
    object
        .get(name)
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

/// An object member; null and absent count as an empty object.
pub fn part(object: &Object, name: &str) -> Object {
    object
        .get(name)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

/// An array member with the objects in it; null and absent count as empty.
pub fn parts(object: &Object, name: &str) -> Vec<Object> {
    let items = object.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .cloned()
        .collect()
}

/// An array member with the texts in it.
pub fn texts<'a>(object: &'a Object, name: &str) -> Vec<&'a str> {
    let items = object.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A number member as the exact decimal that was written; absent counts as 0.
pub fn decimal(object: &Object, name: &str) -> Result<Decimal, Problem> {
    let Some(Value::Number(number)) = object.get(name) else {
        return Ok(Decimal::ZERO);
    };
    exact(number).ok_or_else(|| Problem::argument(format!("{name} is out of range.")))
}

/// A number member that may be "not known".
pub fn known_decimal(object: &Object, name: &str) -> Result<Option<Decimal>, Problem> {
    let known = object
        .get(name)
        .and_then(Value::as_f64)
        .is_none_or(|value| value > -7.9e28);
    if known {
        decimal(object, name).map(Some)
    } else {
        Ok(None)
    }
}

/// The decimal with the digits that JSON shows, not the binary fraction behind it.
fn exact(number: &Number) -> Option<Decimal> {
    if let Some(whole) = number.as_i64() {
        return Decimal::from_i64(whole);
    }
    let digits = number.to_string();
    digits
        .parse()
        .ok()
        .or_else(|| Decimal::from_scientific(&digits).ok())
}

/// A decimal as JSON number: the nearest double.
pub fn number(value: Decimal) -> Value {
    json!(value.to_string().parse::<f64>().unwrap_or_default())
}

/// A decimal that may be "not known".
pub fn known_number(value: Option<Decimal>) -> Value {
    value.map_or_else(|| json!(NOT_KNOWN), number)
}

/// Sets a member.
pub fn put(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_were_written() {
        let object = object(json!({"a": 0.1, "b": 19.90, "c": 1e-7, "d": 3, "e": NOT_KNOWN}));
        let read = |name| decimal(&object, name).map(|value| value.to_string()).ok();
        assert_eq!(read("a").as_deref(), Some("0.1"));
        assert_eq!(read("b").as_deref(), Some("19.9"));
        assert_eq!(read("c").as_deref(), Some("0.0000001"));
        assert_eq!(read("d").as_deref(), Some("3"));
        assert!(known_decimal(&object, "e").is_ok_and(|value| value.is_none()));
        assert_eq!(read("absent").as_deref(), Some("0"));
    }

    #[test]
    fn an_error_answer_has_a_plugin_response_body() {
        let mut answer = Answer::from(Problem::no_token("No token."));
        assert_eq!(
            answer.headers["www-authenticate"],
            "Bearer realm=\"quotecon\""
        );
        assert_eq!(
            answer.json().map(|body| body["State"].clone()),
            Some(json!("Error"))
        );
    }
}
