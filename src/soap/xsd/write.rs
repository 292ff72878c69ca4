//! Schema documents, for people and machines to read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::model::{Element, Model, Name, Of, Part, Type};
use crate::soap::{ARRAYS, escape};

/// The schema of one namespace, indented by so many steps.
pub fn schema(model: &Model, namespace: &str, indent: usize) -> String {
    let Some(part) = model.parts.get(namespace) else {
        return String::new();
    };
    let mut writer = Writer {
        namespace,
        foreign: foreign(part, namespace),
        out: String::new(),
        indent,
    };
    writer.schema(part);
    writer.out
}

/// Other namespaces that definitions refer to.
fn foreign(part: &Part, namespace: &str) -> Vec<String> {
    fn visit(element: &Element, found: &mut BTreeSet<String>) {
        found.insert(element.name.namespace.clone());
        match &element.of {
            Of::Named(name) => {
                found.insert(name.namespace.clone());
            }
            Of::Members(members) => members.iter().for_each(|member| visit(member, found)),
            Of::Xs(_) | Of::Names(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    for element in &part.elements {
        visit(element, &mut found);
    }
    for (_, defined) in &part.types {
        if let Type::Members { base, own } = defined {
            found.extend(base.iter().map(|base| base.namespace.clone()));
            own.iter().for_each(|member| visit(member, &mut found));
        }
    }
    found.remove(namespace);
    found.remove("");
    found.into_iter().collect()
}

struct Writer<'w> {
    namespace: &'w str,
    foreign: Vec<String>,
    out: String,
    indent: usize,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(self.indent));
    }

    /// An element around others.
    fn block(&mut self, tag: &str, attributes: &str, content: impl FnOnce(&mut Self)) {
        self.line(&format!("<xs:{tag}{attributes}>"));
        self.indent += 1;
        content(self);
        self.indent -= 1;
        self.line(&format!("</xs:{tag}>"));
    }

    fn prefix(&self, namespace: &str) -> String {
        if namespace == self.namespace {
            return "tns".to_owned();
        }
        if namespace == ARRAYS {
            return "arrays".to_owned();
        }
        let place = self.foreign.iter().position(|other| other == namespace);
        format!("q{}", place.unwrap_or_default() + 1)
    }

    fn name(&self, name: &Name) -> String {
        match name.namespace.as_str() {
            "" => escape(&name.local),
            namespace => format!("{}:{}", self.prefix(namespace), escape(&name.local)),
        }
    }

    fn schema(&mut self, part: &Part) {
        let mut attributes = format!(" xmlns:xs=\"{}\"", super::NAMESPACE);
        if !self.namespace.is_empty() {
            let namespace = escape(self.namespace);
            let _ = write!(
                attributes,
                " xmlns:tns=\"{namespace}\" targetNamespace=\"{namespace}\""
            );
        }
        for namespace in &self.foreign {
            let prefix = self.prefix(namespace);
            let _ = write!(attributes, " xmlns:{prefix}=\"{}\"", escape(namespace));
        }
        attributes.push_str(" elementFormDefault=\"qualified\"");
        self.block("schema", &attributes, |writer| {
            for namespace in writer.foreign.clone() {
                writer.line(&format!(
                    "<xs:import namespace=\"{}\"/>",
                    escape(&namespace)
                ));
            }
            for (name, defined) in &part.types {
                let attributes = format!(" name=\"{}\"", escape(name));
                match defined {
                    Type::Members { base, own } => {
                        writer.block("complexType", &attributes, |writer| {
                            writer.class(base.as_ref(), own);
                        });
                    }
                    Type::Names(names) => writer.names(&attributes, names),
                }
            }
            for element in &part.elements {
                writer.element(element, true);
            }
        });
    }

    fn class(&mut self, base: Option<&Name>, own: &[Element]) {
        let Some(base) = base else {
            self.sequence(own);
            return;
        };
        let attributes = format!(" base=\"{}\"", self.name(base));
        self.block("complexContent", "", |writer| {
            writer.block("extension", &attributes, |writer| writer.sequence(own));
        });
    }

    fn sequence(&mut self, members: &[Element]) {
        if members.is_empty() {
            self.line("<xs:sequence/>");
            return;
        }
        self.block("sequence", "", |writer| {
            for member in members {
                writer.element(member, false);
            }
        });
    }

    fn names(&mut self, attributes: &str, names: &[String]) {
        self.block("simpleType", attributes, |writer| {
            writer.block("restriction", " base=\"xs:string\"", |writer| {
                for name in names {
                    writer.line(&format!("<xs:enumeration value=\"{}\"/>", escape(name)));
                }
            });
        });
    }

    fn element(&mut self, element: &Element, global: bool) {
        let mut attributes = String::new();
        if !global && !element.required {
            attributes.push_str(" minOccurs=\"0\"");
        }
        if element.many {
            attributes.push_str(" maxOccurs=\"unbounded\"");
        }
        let foreign = element.name.namespace != self.namespace;
        if !global && foreign && !element.name.namespace.is_empty() {
            let reference = self.name(&element.name);
            self.line(&format!("<xs:element{attributes} ref=\"{reference}\"/>"));
            return;
        }
        let _ = write!(attributes, " name=\"{}\"", escape(&element.name.local));
        if !global && foreign {
            attributes.push_str(" form=\"unqualified\"");
        }
        if element.nillable {
            attributes.push_str(" nillable=\"true\"");
        }
        match &element.of {
            Of::Xs(name) => self.line(&format!("<xs:element{attributes} type=\"xs:{name}\"/>")),
            Of::Named(name) => {
                let name = self.name(name);
                self.line(&format!("<xs:element{attributes} type=\"{name}\"/>"));
            }
            Of::Members(members) => self.block("element", &attributes, |writer| {
                writer.block("complexType", "", |writer| writer.sequence(members));
            }),
            Of::Names(names) => {
                self.block("element", &attributes, |writer| writer.names("", names));
            }
        }
    }
}
