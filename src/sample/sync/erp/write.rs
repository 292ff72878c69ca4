//! Results as XML, member by member in the order of the contract.

use super::carriers::{Actor, Field, Outcome, Pairs, Payload};
use crate::sample::sync::xml::{ARRAYS, Writer};

/// Writes the members of a result; `i` is bound around them.
pub fn members(out: &mut Writer, outcome: &Outcome) {
    out.nillable("ErrorCode", outcome.error_code.as_deref());
    out.text("IsOk", if outcome.is_ok { "true" } else { "false" });
    out.text("State", outcome.state.name());
    out.nillable("TechExplanation", outcome.tech.as_deref());
    out.nillable("UserExplanation", outcome.user.as_deref());
    match &outcome.payload {
        Payload::Nothing => {}
        Payload::Fields(fields) => collection(out, "FieldMetaDataObjects", fields, field),
        Payload::Actors(actors) => collection(out, "Actors", actors, |out, item| {
            actor(out, "ErpActorWS", item);
        }),
        Payload::Actor(Some(item)) => actor(out, "Actor", item),
        Payload::Actor(None) => out.nil("Actor"),
        Payload::Strings(strings) => array(out, "Items", strings.as_ref(), |out, item| {
            out.text("b:string", item);
        }),
        Payload::Items(items) => dictionary(out, "ListItems", items.as_ref()),
    }
}

fn collection<T>(out: &mut Writer, name: &str, items: &Option<Vec<T>>, write: fn(&mut Writer, &T)) {
    let Some(items) = items else {
        return out.nil(name);
    };
    out.open(name, &[]);
    for item in items {
        write(out, item);
    }
    out.close(name);
}

fn array<T>(out: &mut Writer, name: &str, items: Option<&Vec<T>>, write: fn(&mut Writer, &T)) {
    let Some(items) = items else {
        return out.nil(name);
    };
    out.open(name, &[("xmlns:b", ARRAYS)]);
    for item in items {
        write(out, item);
    }
    out.close(name);
}

fn dictionary(out: &mut Writer, name: &str, pairs: Option<&Pairs>) {
    array(out, name, pairs, |out, (key, value)| {
        out.open("b:KeyValueOfstringstring", &[]);
        out.text("b:Key", key);
        out.text("b:Value", value);
        out.close("b:KeyValueOfstringstring");
    });
}

fn actor(out: &mut Writer, name: &str, actor: &Actor) {
    out.open(name, &[]);
    out.nillable("ActorType", actor.actor_type.as_deref());
    out.nillable("ErpKey", actor.erp_key.as_deref());
    dictionary(out, "FieldValues", actor.field_values.as_ref());
    out.nillable("LastModified", actor.last_modified.as_deref());
    out.nillable("ParentActorType", actor.parent_actor_type.as_deref());
    out.nillable("ParentErpKey", actor.parent_erp_key.as_deref());
    out.close(name);
}

fn field(out: &mut Writer, field: &Field) {
    out.open("FieldMetadataInfoWS", &[]);
    out.text("Access", field.access.name());
    out.text("DefaultValue", &field.default_value);
    out.text("DisplayDescription", &field.description);
    out.text("DisplayName", &field.display_name);
    out.text("FieldKey", &field.key);
    out.text("FieldType", field.kind.name());
    out.text("ListName", &field.list_name);
    out.text("MaxLength", &field.max_length.to_string());
    out.text("Rank", &field.rank.to_string());
    out.close("FieldMetadataInfoWS");
}
