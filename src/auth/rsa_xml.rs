//! RSA XML, the form of .NET (`RSA.ToXmlString`) in which SuperOffice issues the keys
//! of applications.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Document;

use super::der::{filled, magnitude};

/// Numbers of an RSA key as found in RSA XML. A number that is absent is `None`.
#[derive(Default)]
pub(super) struct RsaXml {
    pub modulus: Option<Vec<u8>>,
    pub exponent: Option<Vec<u8>>,
    pub p: Option<Vec<u8>>,
    pub q: Option<Vec<u8>>,
    pub dp: Option<Vec<u8>>,
    pub dq: Option<Vec<u8>>,
    pub inverse_q: Option<Vec<u8>>,
    pub d: Option<Vec<u8>>,
}

impl RsaXml {
    /// Reads the children of `RSAKeyValue` in any order, with or without white space.
    /// The error says what was found instead, without any of the text's content.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let document = Document::parse(text).map_err(|error| {
            let position = error.pos();
            format!(
                "XML that is not well-formed, or has a DTD (line {}, column {})",
                position.row, position.col
            )
        })?;
        let value = document
            .descendants()
            .find(|node| node.is_element() && node.tag_name().name() == "RSAKeyValue")
            .ok_or_else(|| "XML without an element `RSAKeyValue`".to_owned())?;
        let mut numbers = Self::default();
        for child in value.children().filter(roxmltree::Node::is_element) {
            let name = child.tag_name().name();
            let Some(slot) = numbers.slot(name) else {
                continue;
            };
            let text: String = child
                .descendants()
                .filter(roxmltree::Node::is_text)
                .filter_map(|node| node.text())
                .flat_map(str::split_whitespace)
                .collect();
            let bytes = STANDARD
                .decode(text)
                .map_err(|_| format!("RSA XML whose `{name}` is not Base64"))?;
            if slot.replace(magnitude(&bytes).to_vec()).is_some() {
                return Err(format!("RSA XML with `{name}` twice"));
            }
        }
        Ok(numbers)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<Vec<u8>>> {
        Some(match name {
            "Modulus" => &mut self.modulus,
            "Exponent" => &mut self.exponent,
            "P" => &mut self.p,
            "Q" => &mut self.q,
            "DP" => &mut self.dp,
            "DQ" => &mut self.dq,
            "InverseQ" => &mut self.inverse_q,
            "D" => &mut self.d,
            _ => return None,
        })
    }

    /// Whether any number of the private half is there.
    pub(super) fn is_private(&self) -> bool {
        [
            &self.p,
            &self.q,
            &self.dp,
            &self.dq,
            &self.inverse_q,
            &self.d,
        ]
        .iter()
        .any(|number| number.is_some())
    }
}

/// One `RSAKeyValue` of these names and numbers. Each number fills the given length,
/// as .NET writes it and demands it back.
pub(super) fn write(numbers: &[(&str, &[u8], usize)]) -> String {
    let mut text = "<RSAKeyValue>".to_owned();
    for (name, number, length) in numbers {
        let bytes = filled(number, *length);
        text.push_str(&format!("<{name}>{}</{name}>", STANDARD.encode(bytes)));
    }
    text.push_str("</RSAKeyValue>");
    text
}
