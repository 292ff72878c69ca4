//! From YAML to a [`Suite`]: every name resolved, every expression compiled, every
//! mistake found at once.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use regex::Regex;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::source::File;
use super::{
    Action, AlwaysKind, AlwaysRule, Call, CallOptions, Catalogue, CheckSpec, Expectation, Needs,
    Probe, RawBody, Rule, Scenario, SoapOptions, StatusPattern, StatusRule, Step, Suite, UndoRule,
};
use crate::api::Api;
use crate::base::diag::{Diagnostic, Place, did_you_mean};
use crate::expr::{Expr, ExprError, FUNCTIONS, Part, Template, TemplateError};
use crate::judgement::{self, Judgement};
use crate::model::profile::{Always, CredentialKind, Profile};
use crate::model::requirement::{Decided, RequirementId};
use crate::model::scenario::{
    ExpectationSource, Forge, Group, Raw, ScenarioFile, ScenarioSource, SoapChanges, StepSource,
};
use crate::soap::Soap;
use crate::soap::encode::{Declaration, Nulls, Style};

/// Names that every expression of a scenario may use.
pub const VARIABLES: &[(&str, &str)] = &[
    ("answer", "JSON body of the last answer"),
    ("status", "its status"),
    ("headers", "its headers, lower-case names"),
    ("body_text", "its body as text"),
    ("ms", "milliseconds it took"),
    (
        "fault",
        "the SOAP fault of the last answer: `code`, `string`, `detail`; null without one",
    ),
    (
        "wire",
        "what is wrong with the last SOAP message: list of `kind`, `at`, `expected`, `actual`",
    ),
    ("request", "JSON body of the last request"),
    ("variation", "label of the variation sent, with `vary`"),
    ("target", "the target file, secrets left out"),
    (
        "customers",
        "customers of the target file by role, secrets left out",
    ),
    ("customer", "the customer that the step acts for"),
    ("user", "the user that the step acts for"),
    ("fixtures", "fixtures of the target file"),
    ("connection", "connection values of the target file"),
    (
        "operations",
        "state of each operation: supported, not supported, failing",
    ),
    ("mode", "authentication mode of this scenario"),
    ("modes", "authentication modes under test"),
    ("now", "the present as YYYY-MM-DDThh:mm:ssZ"),
    ("now_s", "the present in seconds since 1970"),
    ("today", "the present day as YYYY-MM-DD"),
    ("application_id", "application id of the target file"),
    (
        "application_key",
        "public half of the application's key, as text",
    ),
    ("application_key_bits", "its size in bits"),
    (
        "resolution",
        "what `app://` was resolved to: `asked`, `application_id`, `url`",
    ),
    (
        "wsdl",
        "whether the connector publishes a WSDL: `published`, `differs`",
    ),
    (
        "soap_action",
        "the SOAPAction in force, in `soap: { action: … }`",
    ),
    (
        "signed_token",
        "a fresh good token, in the template of a handshake",
    ),
    (
        "challenge",
        "claims of the token that the last handshake sent, unless it was forged",
    ),
    (
        "nonce",
        "a random text of this scenario, the same for the same seed",
    ),
    (
        "number",
        "a random whole number of this scenario, from 100000 to 999999",
    ),
    ("copy", "number of the copy inside `parallel`, from 0"),
    (
        "round",
        "number of the round inside `repeat` and `for_each`, from 0",
    ),
    ("credential", "the credential, in `authorization`"),
    (
        "session_token",
        "access token of the step's customer and user",
    ),
    ("tls", "facts of the TLS handshake, after `probe: tls`"),
    (
        "plain_http",
        "what the host says without TLS, after `probe: plain_http`",
    ),
    (
        "listener",
        "the harness's listener: `url`, and after `probe: listener` the paths `fetched`",
    ),
];

/// Builds the suite from its files, or all diagnostics.
pub(super) fn compile(
    files: Vec<File>,
    api: Api,
    soap: Option<Soap>,
    digest: String,
) -> Result<Suite, Vec<Diagnostic>> {
    let mut compiler = Compiler {
        diagnostics: Vec::new(),
        file: File::default(),
    };
    let mut profile = None;
    let mut catalogue = None;
    let mut library = (File::default(), BTreeMap::new());
    let mut sources = Vec::new();
    for file in files {
        let base = file
            .0
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned();
        compiler.file = file;
        match base.as_str() {
            "profile.yaml" => {
                profile = compiler
                    .parse::<Profile>()
                    .map(|profile| (compiler.file.clone(), profile))
            }
            "catalogue.yaml" => {
                catalogue = compiler
                    .parse::<Catalogue>()
                    .map(|catalogue| (compiler.file.clone(), catalogue));
            }
            "templates.yaml" => {
                let templates = compiler.parse::<BTreeMap<String, Value>>();
                library = (compiler.file.clone(), templates.unwrap_or_default());
            }
            _ => {
                if let Some(source) = compiler.parse::<ScenarioFile>() {
                    sources.push((compiler.file.clone(), source));
                }
            }
        }
    }
    // What a file that cannot be read would have declared is missing everywhere else:
    // only the cause is reported.
    if !compiler.diagnostics.is_empty() {
        return Err(compiler.finish());
    }
    let (Some((profile_file, profile)), Some((catalogue_file, catalogue))) = (profile, catalogue)
    else {
        let place = Place {
            file: "suite".to_owned(),
            ..Place::default()
        };
        let message = "a suite needs `profile.yaml` and `catalogue.yaml`";
        compiler
            .diagnostics
            .push(Diagnostic::new(place, message).help(
                "put them into the folder, or leave `profile.yaml` out to add to a shipped suite",
            ));
        return Err(compiler.finish());
    };
    compiler.file = catalogue_file;
    compiler.check_catalogue(&catalogue);
    let (library_file, mut library) = library;
    compiler.file = library_file;
    compiler.check_library(&mut library);
    compiler.check_groups(&sources);

    let groups: BTreeMap<&str, (&File, &Group)> = sources
        .iter()
        .flat_map(|(file, source)| {
            source
                .groups
                .iter()
                .map(move |(name, group)| (name.as_str(), (file, group)))
        })
        .collect();
    let exports: BTreeSet<String> = sources
        .iter()
        .flat_map(|(_, source)| &source.scenarios)
        .flat_map(|scenario| scenario.value.exports.iter().map(|name| name.value.clone()))
        .collect();
    let context = Context {
        profile: &profile,
        catalogue: &catalogue,
        api: &api,
        soap: soap.as_ref(),
        library: &library,
        groups,
        exports,
    };

    compiler.file = profile_file;
    let parts = compiler.profile(&context);
    let mut scenarios = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, source) in &sources {
        compiler.file = file.clone();
        for scenario in &source.scenarios {
            if !seen.insert(scenario.value.id.value.clone()) {
                let id = &scenario.value.id;
                let diagnostic = compiler
                    .diagnose(id, format!("scenario id `{}` stands twice", id.value))
                    .help("ids are unique in the profile, over all its files");
                compiler.diagnostics.push(diagnostic);
            }
            scenarios.push(compiler.scenario(&context, &source.topic, scenario));
            if let Some(parts) = &parts {
                compiler.provoked(&context, &parts.always, &scenario.value);
            }
        }
    }
    compiler.unused_groups(&context, &sources);
    let diagnostics = compiler.finish();
    let Some(parts) = parts else {
        return Err(diagnostics);
    };
    let suite = Suite {
        templates: parts.templates,
        envelope: parts.envelope,
        tokens: parts.tokens,
        access_token: parts.access_token,
        recognised: parts.recognised,
        answer_token: parts.answer_token,
        success: parts.success,
        undo: parts.undo,
        always: parts.always,
        show: parts.show,
        profile,
        catalogue,
        api,
        soap,
        scenarios,
        digest,
    };
    if diagnostics.is_empty() {
        Ok(suite)
    } else {
        Err(diagnostics)
    }
}

/// What scenarios refer to.
struct Context<'a> {
    profile: &'a Profile,
    catalogue: &'a Catalogue,
    api: &'a Api,
    soap: Option<&'a Soap>,
    library: &'a BTreeMap<String, Value>,
    groups: BTreeMap<&'a str, (&'a File, &'a Group)>,
    exports: BTreeSet<String>,
}

/// The compiled parts of `profile.yaml`.
struct ProfileParts {
    templates: BTreeMap<String, Template>,
    envelope: Option<Template>,
    tokens: BTreeMap<String, (Template, Template)>,
    access_token: Option<Expr>,
    recognised: Option<Expr>,
    answer_token: Option<Expr>,
    success: Option<Expr>,
    undo: BTreeMap<String, UndoRule>,
    always: Vec<AlwaysRule>,
    show: Vec<(String, Expr)>,
}

/// Names known and used while a scenario is compiled.
#[derive(Default)]
struct Names {
    known: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Names that ended with the loop that made them.
    ended: BTreeSet<String>,
    /// Names an author made, with the complaint for one that nobody uses.
    made: Vec<(String, Diagnostic)>,
    checks: Vec<CheckSpec>,
    /// Groups being inlined, against circles.
    groups: Vec<String>,
    /// The scenario belongs to a mode whose tokens the harness signs.
    signs: bool,
    /// The step being compiled has an answer.
    answered: bool,
}

struct Compiler {
    diagnostics: Vec<Diagnostic>,
    file: File,
}

impl Compiler {
    fn parse<T: DeserializeOwned>(&mut self) -> Option<T> {
        let options = serde_saphyr::options! { strict_booleans: true };
        match serde_saphyr::from_str_with_options(&self.file.1, options) {
            Ok(value) => Some(value),
            Err(error) => {
                let remedy = "docs/scenarios.md describes every construct; `assay schema scenario` is for editors";
                let diagnostic = explain_yaml(&error, &self.file.0, &self.file.1, remedy);
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn place<T>(&self, at: &Spanned<T>) -> Place {
        Place {
            file: self.file.0.clone(),
            line: at.referenced.line(),
            column: at.referenced.column(),
        }
    }

    fn diagnose<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.place(at), message).in_text(&self.file.1)
    }

    /// All that was found, in the order of the files.
    fn finish(&mut self) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut self.diagnostics);
        found.sort();
        found.dedup();
        found
    }

    /// Where `needle` stands as a whole word inside the node that starts at `at`.
    ///
    /// Trees are read without positions, so texts inside them are looked up in the file.
    fn locate(&self, at: &Place, needle: &str) -> Option<Place> {
        let indent = usize::try_from(at.column.checked_sub(1)?).ok()?;
        let first = usize::try_from(at.line.checked_sub(1)?).ok()?;
        for (index, line) in self.file.1.lines().enumerate().skip(first) {
            let blank = line.trim().is_empty();
            let inside = line.chars().take_while(|c| *c == ' ').count() >= indent;
            if index > first && !blank && !inside {
                break;
            }
            let from = if index == first { indent } else { 0 };
            let start = line.char_indices().nth(from).map(|(start, _)| start);
            let Some(start) = start else { continue };
            let found = line[start..]
                .match_indices(needle)
                .map(|(offset, _)| start + offset)
                .find(|found| is_word(line, *found, needle));
            if let Some(found) = found {
                return Some(Place {
                    file: at.file.clone(),
                    line: index as u64 + 1,
                    column: line[..found].chars().count() as u64 + 1,
                });
            }
        }
        None
    }

    /// A diagnostic about a text inside the node that starts at `at`.
    fn diagnose_in(&self, at: &Place, needle: &str, message: impl Into<String>) -> Diagnostic {
        let place = self.locate(at, needle).unwrap_or_else(|| at.clone());
        Diagnostic::new(place, message).in_text(&self.file.1)
    }

    /// Reports what is wrong with `needle` inside a node, and what to do.
    fn error<T>(&mut self, at: &Spanned<T>, needle: &str, message: impl Into<String>, help: &str) {
        let diagnostic = self
            .diagnose_in(&self.place(at), needle, message)
            .help(help);
        self.diagnostics.push(diagnostic);
    }

    /// Reports a name that is not among the known ones.
    fn unknown<'k>(
        &mut self,
        at: &Spanned<String>,
        what: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        self.unknown_at(&self.place(at), &at.value, what, known);
    }

    fn unknown_at<'k>(
        &mut self,
        at: &Place,
        name: &str,
        what: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let diagnostic = self
            .diagnose_in(at, name, format!("unknown {what} `{name}`"))
            .help(near_or_known(name, known));
        self.diagnostics.push(diagnostic);
    }

    fn expr(&mut self, names: &mut Names, source: &Spanned<String>) -> Option<Expr> {
        let place = self.place(source);
        match Expr::compile(&source.value) {
            Ok(expr) => {
                self.check_names(names, &place, &expr);
                Some(expr)
            }
            Err(error) => {
                self.expr_error(&place, &source.value, &error);
                None
            }
        }
    }

    fn expr_error(&mut self, at: &Place, source: &str, error: &ExprError) {
        let message = format!("expression `{source}`: {error}");
        let mut diagnostic = self.diagnose_in(at, source, message);
        let offset = error.offset.and_then(|offset| source.get(..offset));
        if let Some(before) = offset.filter(|_| self.locate(at, source).is_some()) {
            diagnostic.place.column += before.chars().count() as u64;
        }
        let diagnostic = diagnostic.help("expressions are described in docs/scenarios.md");
        self.diagnostics.push(diagnostic);
    }

    /// Reports names that an expression in the node at `at` reads and nothing makes.
    fn check_names(&mut self, names: &mut Names, at: &Place, expr: &Expr) {
        let at = self.locate(at, expr.source()).unwrap_or_else(|| at.clone());
        for name in expr.names() {
            if names.known.contains(&name) {
                names.used.insert(name);
                continue;
            }
            let near = did_you_mean(&name, names.known.iter().map(String::as_str));
            let help = match near {
                _ if ["null", "nil"].contains(&name.as_str()) => {
                    format!("`{name}` is written `none` in expressions")
                }
                _ if names.ended.contains(&name) => {
                    "it ended with the `for_each` or `parallel` that made it; `collect` brings values out of a `for_each`".to_owned()
                }
                Some(near) => format!("did you mean `{near}`?"),
                None => "a name is made by `capture`, `collect`, `let`, `forge`, `for_each`, the `id` of a request or discovery".to_owned(),
            };
            let diagnostic = self
                .diagnose_in(&at, &name, format!("`{name}` is not known here"))
                .help(help);
            self.diagnostics.push(diagnostic);
        }
    }

    fn check_template(&mut self, names: &mut Names, at: &Place, template: &Template) {
        match template {
            Template::Literal(_) => {}
            Template::Value(expr) => self.check_names(names, at, expr),
            Template::Text(parts) => {
                for part in parts {
                    if let Part::Expr(expr) = part {
                        self.check_names(names, at, expr);
                    }
                }
            }
            Template::Array(items) => {
                for item in items {
                    self.check_template(names, at, item);
                }
            }
            Template::Object(members) => {
                for (_, member) in members {
                    self.check_template(names, at, member);
                }
            }
        }
    }

    fn template<T>(
        &mut self,
        context: &Context,
        names: &mut Names,
        at: &Spanned<T>,
        tree: &Value,
    ) -> Option<Template> {
        let place = self.place(at);
        match Template::compile(tree, context.library) {
            Ok(template) => {
                self.check_template(names, &place, &template);
                Some(template)
            }
            Err(error) => {
                self.template_error(&place, &error);
                None
            }
        }
    }

    fn template_error(&mut self, at: &Place, error: &TemplateError) {
        let (needle, help) = match error {
            TemplateError::Expression { source_text, error } => {
                self.expr_error(at, source_text, error);
                return;
            }
            TemplateError::Unclosed(text) => (text.as_str(), "close it: `{{ expression }}`"),
            TemplateError::Unknown { name, .. } => {
                (name.as_str(), "templates stand in templates.yaml")
            }
            TemplateError::Circular(_) => {
                ("$use", "a template may use others, but no circle of them")
            }
            TemplateError::Use => (
                "$use",
                "write `$use: name`; members beside it need a template that is an object",
            ),
        };
        let diagnostic = self.diagnose_in(at, needle, error.to_string()).help(help);
        self.diagnostics.push(diagnostic);
    }

    fn text<T>(
        &mut self,
        context: &Context,
        names: &mut Names,
        at: &Spanned<T>,
        text: &str,
    ) -> Option<Template> {
        self.template(context, names, at, &Value::String(text.to_owned()))
    }

    /// Reports a pointer that is not one; templates of pointers are left to the run.
    fn pointer<T>(&mut self, at: &Spanned<T>, pointer: &str) {
        if !pointer.is_empty() && !pointer.starts_with('/') && !pointer.starts_with("{{") {
            let diagnostic = self
                .diagnose_in(
                    &self.place(at),
                    pointer,
                    format!("`{pointer}` is not a JSON Pointer"),
                )
                .help(format!("a pointer starts with a slash: `/{pointer}`"));
            self.diagnostics.push(diagnostic);
        }
    }

    fn regex<T>(&mut self, at: &Spanned<T>, pattern: &str) -> Option<Regex> {
        match Regex::new(pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                // The engine draws the pattern over several lines; the last one says what.
                let error = error.to_string();
                let what = error.lines().last().unwrap_or_default();
                let what = what.strip_prefix("error: ").unwrap_or(what);
                let message = format!("regular expression `{pattern}`: {what}");
                let diagnostic = self
                    .diagnose_in(&self.place(at), pattern, message)
                    .help("the syntax is that of https://docs.rs/regex; in YAML, single quotes keep backslashes");
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn requirement(&mut self, context: &Context, id: &Spanned<String>) {
        if context.catalogue.get(&id.value).is_none() {
            let known = context
                .catalogue
                .requirements
                .iter()
                .map(|row| row.id.as_str());
            self.unknown(id, "requirement", known);
        }
    }

    fn operation(&mut self, context: &Context, name: &Spanned<String>) {
        if !context.profile.operations.contains_key(&name.value) {
            self.unknown(
                name,
                "operation",
                context.profile.operations.keys().map(String::as_str),
            );
        }
    }

    /// Reports what `charges` and the like name as a requirement and is none.
    fn named_requirements<T>(
        &mut self,
        context: &Context,
        at: &Spanned<T>,
        value: &Value,
        found: &mut Vec<RequirementId>,
    ) {
        let mut texts = Vec::new();
        texts_of(value, &mut texts);
        let rows = &context.catalogue.requirements;
        for text in texts {
            let prefix = text
                .rsplit_once('-')
                .filter(|(_, number)| number.parse::<u32>().is_ok());
            let known = rows.iter().any(|row| row.id == *text);
            let like = |row: &str| {
                row.rsplit_once('-').map(|(word, _)| word) == prefix.map(|(word, _)| word)
            };
            if known && !found.contains(text) {
                found.push(text.clone());
            } else if !known && prefix.is_some() && rows.iter().any(|row| like(&row.id)) {
                let ids = rows.iter().map(|row| row.id.as_str());
                self.unknown_at(&self.place(at), text, "requirement", ids);
            }
        }
    }

    /// Compiles every template by itself; broken ones are reported once, here.
    fn check_library(&mut self, library: &mut BTreeMap<String, Value>) {
        let start = Place {
            file: self.file.0.clone(),
            line: 1,
            column: 1,
        };
        let mut broken = Vec::new();
        for (name, tree) in &*library {
            if let Err(error) = Template::compile(tree, library) {
                let at = self.locate(&start, &format!("{name}:"));
                broken.push((name.clone(), at.unwrap_or_else(|| start.clone()), error));
            }
        }
        for (name, mut at, error) in broken {
            // The members of the template stand one column further in.
            at.column += 1;
            self.template_error(&at, &error);
            library.insert(name, Value::Object(Map::new()));
        }
    }

    fn check_groups(&mut self, sources: &[(File, ScenarioFile)]) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (file, source) in sources {
            for name in source.groups.keys() {
                if let Some(other) = seen.insert(name, &file.0) {
                    self.file = file.clone();
                    let diagnostic = self
                        .at_group(name, format!("group `{name}` stands twice"))
                        .help(format!(
                            "the other one is in {other}; groups are known in all files"
                        ));
                    self.diagnostics.push(diagnostic);
                }
            }
        }
    }

    /// A diagnostic about a group of the current file.
    fn at_group(&self, name: &str, message: impl Into<String>) -> Diagnostic {
        let whole = Place {
            file: self.file.0.clone(),
            line: 1,
            column: 1,
        };
        let groups = self.locate(&whole, "groups:").unwrap_or(whole);
        self.diagnose_in(&groups, &format!("{name}:"), message)
    }

    fn check_catalogue(&mut self, catalogue: &Catalogue) {
        let mut seen = BTreeSet::new();
        for row in &catalogue.requirements {
            let mut problems = Vec::new();
            if !seen.insert(&row.id) {
                let help = "ids are never reused: a new requirement takes the next free number";
                problems.push(("stands twice", help));
            }
            if row.decided != Decided::Automated && row.reason.is_none() {
                let help = "say why no check decides it, and what to do instead";
                problems.push(("is not automated and needs a `reason`", help));
            }
            let lines = self.file.1.lines().enumerate();
            let written = format!("- id: {}", row.id);
            // Of two rows with one id the second is the mistake.
            let line = lines.filter(|(_, line)| line.trim() == written).last();
            let place = Place {
                file: self.file.0.clone(),
                line: line.map_or(0, |(index, _)| index as u64 + 1),
                column: 9,
            };
            for (problem, help) in problems {
                let message = format!("requirement {} {problem}", row.id);
                let diagnostic = Diagnostic::new(place.clone(), message)
                    .help(help)
                    .in_text(&self.file.1);
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn builtins(context: &Context) -> Names {
        let mut names = Names::default();
        names
            .known
            .extend(VARIABLES.iter().map(|(name, _)| (*name).to_owned()));
        names.known.extend(context.exports.iter().cloned());
        names
    }

    fn profile(&mut self, context: &Context) -> Option<ProfileParts> {
        let profile = context.profile;
        let mut names = Self::builtins(context);
        names.known.insert("item".to_owned());
        let nowhere = Spanned::new(
            (),
            profile.authentication.operation.referenced,
            profile.authentication.operation.defined,
        );
        let mut templates = BTreeMap::new();
        for (operation, rules) in &profile.operations {
            if context.api.operation(operation).is_none() {
                let whole = Place {
                    line: 1,
                    column: 1,
                    ..self.place(&nowhere)
                };
                let message = format!("operation `{operation}` is not in the OpenAPI document");
                let diagnostic = self
                    .diagnose_in(&whole, &format!("{operation}:"), message)
                    .help("operations are paths of the document: `/<name>`");
                self.diagnostics.push(diagnostic);
            }
            if let Some(name) = &rules.template {
                let tree = serde_json::json!({ "$use": name.value });
                if let Some(template) = self.template(context, &mut names, name, &tree) {
                    templates.insert(operation.clone(), template);
                }
            }
            if let Some(claim) = rules
                .claim
                .as_ref()
                .filter(|claim| !profile.claims.contains_key(&claim.value))
            {
                self.unknown(claim, "claim", profile.claims.keys().map(String::as_str));
            }
        }
        let envelope = profile.envelope.as_ref().and_then(|name| {
            self.template(
                context,
                &mut names,
                &nowhere,
                &serde_json::json!({ "$use": name }),
            )
        });
        let mut tokens = BTreeMap::new();
        for mode in &profile.modes {
            let header = self.template(
                context,
                &mut names,
                &nowhere,
                &Value::Object(mode.header.clone()),
            );
            let claims = self.template(
                context,
                &mut names,
                &nowhere,
                &Value::Object(mode.claims.clone()),
            );
            if let (Some(header), Some(claims)) = (header, claims) {
                tokens.insert(mode.name.clone(), (header, claims));
            }
        }
        let authentication = &profile.authentication;
        self.operation(context, &authentication.operation);
        if let Some(probe) = &profile.calls.probe {
            self.operation(context, probe);
        }
        let charged = [
            &authentication.failing,
            &profile.calls.failing,
            &profile.calls.switching,
        ];
        let more = authentication.refresh.iter().chain(&profile.calls.missing);
        for id in charged.into_iter().chain(more) {
            self.requirement(context, id);
        }
        let mut optional = |source: &Option<Spanned<String>>| {
            let source = source.as_ref()?;
            self.expr(&mut names, source)
        };
        let access_token = optional(&authentication.token);
        let recognised = optional(&authentication.recognised);
        let answer_token = optional(&authentication.answer_token);
        let success = optional(&profile.calls.success);
        let mut undo = BTreeMap::new();
        for (operation, rule) in &profile.undo {
            self.operation(context, &rule.call);
            if !profile.operations.contains_key(operation) {
                let known = profile.operations.keys().map(String::as_str);
                self.unknown_at(&self.place(&rule.call), operation, "operation", known);
            }
            let body = self.template(
                context,
                &mut names,
                &rule.call,
                &Value::Object(rule.with.clone()),
            );
            let when = self.expr(&mut names, &rule.when);
            if let Some((body, when)) = body.zip(when) {
                let operation = operation.clone();
                let rule = UndoRule {
                    operation: rule.call.value.clone(),
                    body,
                    when,
                };
                undo.insert(operation, rule);
            }
        }
        let mut always = Vec::new();
        for (index, rule) in profile.always.iter().enumerate() {
            always.extend(self.always(context, &mut names, index, rule));
        }
        let mut show = Vec::new();
        for (label, source) in &profile.show {
            show.extend(
                self.expr(&mut names, source)
                    .map(|expr| (label.clone(), expr)),
            );
        }
        Some(ProfileParts {
            templates,
            envelope,
            tokens,
            access_token,
            recognised,
            answer_token,
            success,
            undo,
            always,
            show,
        })
    }

    fn always(
        &mut self,
        context: &Context,
        names: &mut Names,
        index: usize,
        rule: &Spanned<Always>,
    ) -> Option<AlwaysRule> {
        let source = &rule.value;
        self.requirement(context, &source.requirement);
        for operation in source.operations.iter().chain(&source.except) {
            self.operation(context, operation);
        }
        let (word, kind) = match (&source.judge, &source.objects) {
            (Some(name), None) => {
                let judgement = self.judgement(rule, name, &source.with)?;
                (
                    judgement.name(),
                    AlwaysKind::Judge {
                        judgement,
                        with: source.with.clone(),
                    },
                )
            }
            (None, Some(objects)) => {
                let filter = self.expr(names, &objects.filter)?;
                let that = self.expr(names, &objects.that)?;
                (
                    "objects",
                    AlwaysKind::Objects {
                        filter: Box::new(filter),
                        that: Box::new(that),
                        expected: objects.expected.clone(),
                    },
                )
            }
            _ => {
                self.error(
                    rule,
                    "",
                    "a rule on every exchange has either `judge` or `objects`",
                    "give one of the two",
                );
                return None;
            }
        };
        let mut requirements = vec![source.requirement.value.clone()];
        let with = Value::Object(source.with.clone());
        self.named_requirements(context, rule, &with, &mut requirements);
        Some(AlwaysRule {
            name: format!("always/{:02}-{word}", index + 1),
            line: rule.referenced.line(),
            requirements,
            rule: kind,
            operations: source
                .operations
                .iter()
                .map(|name| name.value.clone())
                .collect(),
            except: source
                .except
                .iter()
                .map(|name| name.value.clone())
                .collect(),
            invalid: source.invalid,
            malformed: source.malformed,
            otherwise: source.otherwise.clone(),
        })
    }

    fn judgement<T>(
        &mut self,
        at: &Spanned<T>,
        name: &Spanned<String>,
        with: &Map<String, Value>,
    ) -> Option<&'static dyn Judgement> {
        let Some(judgement) = judgement::find(&name.value) else {
            self.unknown(
                name,
                "judgement",
                judgement::ALL.iter().map(|judgement| judgement.name()),
            );
            return None;
        };
        let parameters = judgement.parameters();
        for given in with
            .keys()
            .filter(|given| !parameters.iter().any(|known| known.name == given.as_str()))
        {
            let message = format!("judgement `{}` has no parameter `{given}`", name.value);
            let known = parameters.iter().map(|parameter| parameter.name);
            let help = match parameters {
                [] => "it takes none".to_owned(),
                _ => near_or_known(given, known),
            };
            let diagnostic = self
                .diagnose_in(&self.place(at), &format!("{given}:"), message)
                .help(help);
            self.diagnostics.push(diagnostic);
        }
        for missing in parameters
            .iter()
            .filter(|known| known.required && !with.contains_key(known.name))
        {
            let diagnostic = self
                .diagnose(
                    name,
                    format!(
                        "judgement `{}` needs the parameter `{}`",
                        name.value, missing.name
                    ),
                )
                .help(format!(
                    "`with: {{ {}: … }}`: {}",
                    missing.name, missing.meaning
                ));
            self.diagnostics.push(diagnostic);
        }
        Some(judgement)
    }

    fn scenario(
        &mut self,
        context: &Context,
        topic: &str,
        source: &Spanned<ScenarioSource>,
    ) -> Scenario {
        let scenario = &source.value;
        let mut names = Self::builtins(context);
        let own: BTreeSet<&str> = scenario
            .exports
            .iter()
            .map(|name| name.value.as_str())
            .collect();
        let mut listed: BTreeSet<&str> = BTreeSet::new();
        for id in &scenario.requirements {
            self.requirement(context, id);
            if !listed.insert(&id.value) {
                self.error(
                    id,
                    "",
                    format!("{} is listed twice", id.value),
                    "once is enough",
                );
            }
        }
        let id = &scenario.id;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.value.is_empty() || !id.value.chars().all(kebab) {
            let diagnostic = self
                .diagnose(id, format!("`{}` is not a scenario id", id.value))
                .help("an id has small letters, digits and hyphens: it stands in reports and after --only");
            self.diagnostics.push(diagnostic);
        }
        let mode = scenario.needs.mode.as_ref();
        names.signs = context.profile.modes.iter().any(|known| {
            known.credential == CredentialKind::SignedToken
                && mode.is_some_and(|mode| mode.value == known.name)
        });
        let needs = self.needs(context, &mut names, scenario);
        let steps = self.steps(context, &mut names, &scenario.steps);
        let mut charged: BTreeSet<&str> = BTreeSet::new();
        charged.extend(
            names
                .checks
                .iter()
                .flat_map(|check| check.requirements.iter().map(String::as_str)),
        );
        // Ids that do not exist are told already.
        let exists = |id: &str| context.catalogue.get(id).is_some();
        for id in &scenario.requirements {
            if exists(&id.value) && !charged.contains(id.value.as_str()) {
                let diagnostic = self
                    .diagnose(
                        id,
                        format!(
                            "no expectation of scenario `{}` decides {}",
                            scenario.id.value, id.value
                        ),
                    )
                    .help("add an `expect` with it, or take it out of `requirements`");
                self.diagnostics.push(diagnostic);
            }
        }
        for id in charged
            .iter()
            .filter(|id| exists(id) && !listed.contains(**id))
        {
            let diagnostic = self
                .diagnose(
                    &scenario.id,
                    format!(
                        "scenario `{}` decides {id} without listing it",
                        scenario.id.value
                    ),
                )
                .help("add it to `requirements`");
            self.diagnostics.push(diagnostic);
        }
        for (name, complaint) in &names.made {
            if !names.used.contains(name) && !own.contains(name.as_str()) {
                self.diagnostics.push(complaint.clone());
            }
        }
        for name in &scenario.exports {
            if !names.made.iter().any(|(made, _)| *made == name.value) {
                let message = format!("`{}` is exported, but no step makes it", name.value);
                let diagnostic = self
                    .diagnose(name, message)
                    .help("a step makes it by `capture`, `collect` or `let`");
                self.diagnostics.push(diagnostic);
            }
        }
        Scenario {
            id: scenario.id.value.clone(),
            title: scenario.title.clone(),
            topic: topic.to_owned(),
            file: self.file.0.clone(),
            line: scenario.id.referenced.line(),
            requirements: scenario
                .requirements
                .iter()
                .map(|id| id.value.clone())
                .collect(),
            provokes: scenario
                .provokes
                .iter()
                .map(|id| id.value.clone())
                .collect(),
            needs,
            modes: scenario.modes,
            exclusive: scenario.exclusive,
            exports: scenario
                .exports
                .iter()
                .map(|name| name.value.clone())
                .collect(),
            steps,
            checks: names.checks,
        }
    }

    /// What a scenario provokes is decided by a rule on every exchange.
    fn provoked(&mut self, context: &Context, always: &[AlwaysRule], scenario: &ScenarioSource) {
        let standing = super::standing(always, context.profile);
        for id in &scenario.provokes {
            self.requirement(context, id);
            let exists = context.catalogue.get(&id.value).is_some();
            if exists && !standing.contains(id.value.as_str()) {
                let message = format!("no rule on every exchange decides {}", id.value);
                let diagnostic = self
                    .diagnose(id, message)
                    .help("put it under `requirements` if an expectation decides it");
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn needs(&mut self, context: &Context, names: &mut Names, scenario: &ScenarioSource) -> Needs {
        let source = &scenario.needs;
        let profile = context.profile;
        for operation in &source.operations {
            self.operation(context, operation);
        }
        for role in source
            .customers
            .iter()
            .filter(|role| !profile.customers.contains_key(&role.value))
        {
            self.unknown(
                role,
                "customer role",
                profile.customers.keys().map(String::as_str),
            );
        }
        for fixture in source
            .fixtures
            .iter()
            .filter(|name| !profile.fixtures.contains_key(&name.value))
        {
            self.unknown(
                fixture,
                "fixture",
                profile.fixtures.keys().map(String::as_str),
            );
        }
        if let Some(mode) = &source.mode
            && !profile.modes.iter().any(|known| known.name == mode.value)
        {
            self.unknown(
                mode,
                "mode",
                profile.modes.iter().map(|mode| mode.name.as_str()),
            );
        }
        let plain = |list: &[Spanned<String>]| {
            list.iter()
                .map(|name| name.value.clone())
                .collect::<Vec<_>>()
        };
        let mut needs = Needs {
            operations: plain(&source.operations),
            capabilities: plain(&source.capabilities),
            mode: source.mode.as_ref().map(|mode| mode.value.clone()),
            customers: plain(&source.customers),
            fixtures: plain(&source.fixtures),
            ..Needs::default()
        };
        for setting in &source.settings {
            needs.settings.extend(
                self.expr(names, &setting.that)
                    .map(|expr| (expr, setting.supply.clone())),
            );
        }
        for condition in &source.applies {
            needs.applies.extend(
                self.expr(names, &condition.that)
                    .map(|expr| (expr, condition.otherwise.clone())),
            );
        }
        for condition in &source.data {
            needs.data.extend(
                self.expr(names, &condition.that)
                    .map(|expr| (expr, condition.otherwise.clone())),
            );
        }
        needs
    }

    fn steps(
        &mut self,
        context: &Context,
        names: &mut Names,
        sources: &[Spanned<StepSource>],
    ) -> Vec<Step> {
        sources
            .iter()
            .map(|source| self.step(context, names, source))
            .collect()
    }

    /// Makes a name known, unless it would hide what the language has under it.
    /// `at` is the node that holds it, `shown` how it stands there.
    fn declare(&mut self, names: &mut Names, name: &str, at: &Place, shown: &str) -> bool {
        /// Variables of which a scenario may make others: nothing sets them again.
        const FREE: [&str; 2] = ["nonce", "number"];
        let variable = VARIABLES.iter().any(|(known, _)| *known == name);
        let taken = if FUNCTIONS.contains(&name) {
            "a function"
        } else if variable && !FREE.contains(&name) {
            "a variable of every scenario"
        } else {
            names.known.insert(name.to_owned());
            return true;
        };
        let message = format!("`{name}` is the name of {taken}");
        let diagnostic = self
            .diagnose_in(at, shown, message)
            .help("choose another name");
        self.diagnostics.push(diagnostic);
        false
    }

    /// Makes a name that must be used.
    fn make(&mut self, names: &mut Names, name: &str, at: &Place, shown: &str) {
        // What a group makes is for those who use it, of whom some may not need it.
        if self.declare(names, name, at, shown) && names.groups.is_empty() {
            let complaint = self
                .diagnose_in(at, shown, format!("`{name}` is never used"))
                .help("use it in an expression, or take it out");
            names.made.push((name.to_owned(), complaint));
        }
    }

    fn step(&mut self, context: &Context, names: &mut Names, step: &Spanned<StepSource>) -> Step {
        let source = &step.value;
        let when = source.when.as_ref().and_then(|when| self.expr(names, when));
        let actor = self.actor(context, names, step);
        self.options_fit(step);
        // A step whose action is not understood still makes its names and checks.
        let action = self.action(context, names, step).unwrap_or(Action::None);
        names.answered =
            source.call.is_some() || source.raw.is_some() || source.authenticate.is_some();
        if let Some(id) = source.id.as_ref().filter(|_| names.answered) {
            // A step that nobody names again is fine: its id stands in reports.
            self.declare(names, &id.value, &self.place(id), "");
        }
        let situation = source
            .situation
            .as_ref()
            .and_then(|text| self.text(context, names, step, text));
        let before: BTreeSet<String> = names.known.clone();
        let mut capture = Vec::new();
        for (name, expression) in &source.capture {
            if let Some(expr) = self.expr(names, expression) {
                capture.push((name.clone(), expr));
            }
        }
        for name in source.capture.keys() {
            self.make(names, name, &self.place(step), &format!("{name}:"));
        }
        let expect = source
            .expect
            .iter()
            .filter_map(|one| self.expectation(context, names, one))
            .collect();
        let mut collect = Vec::new();
        for (name, expression) in &source.collect {
            if let Some(expr) = self.expr(names, expression) {
                collect.push((name.clone(), expr));
            }
            if !before.contains(name) {
                self.make(names, name, &self.place(step), &format!("{name}:"));
            }
        }
        Step {
            id: source.id.as_ref().map(|id| id.value.clone()),
            line: step.referenced.line(),
            when,
            action,
            actor,
            situation,
            invalid: source.invalid || source.malformed,
            malformed: source.malformed,
            tolerant: source.tolerant,
            expect,
            capture,
            collect,
        }
    }

    /// Customer and user of a step, from the step or from its action.
    fn actor(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> Option<Template> {
        let source = &step.value;
        let of_action = source
            .authenticate
            .as_ref()
            .and_then(|authenticate| authenticate.actor.as_ref())
            .or(source.forge.as_ref().and_then(|forge| forge.actor.as_ref()));
        if let (Some(_), Some(second)) = (&source.actor, of_action) {
            self.error(
                second,
                "",
                "`as` is given twice for this step",
                "keep one of the two",
            );
        }
        let actor = source.actor.as_ref().or(of_action)?;
        if !actor.value.contains("{{") {
            let (role, number) = actor.value.split_once('.').unwrap_or((&actor.value, "1"));
            let roles = &context.profile.customers;
            if !roles.contains_key(role) {
                let known = roles.keys().map(String::as_str);
                self.unknown_at(&self.place(actor), role, "customer role", known);
            } else if number.parse::<usize>().map_or(true, |number| number == 0) {
                let diagnostic = self
                    .diagnose(actor, format!("`{number}` is not the number of a user"))
                    .help("users count from 1: `first.2` is the second user of the first customer");
                self.diagnostics.push(diagnostic);
            }
        }
        self.text(context, names, actor, &actor.value)
    }

    /// Reports options that the step's action would leave unread.
    fn options_fit(&mut self, step: &Spanned<StepSource>) {
        const REQUESTS: &[&str] = &["call", "raw", "authenticate"];
        let source = &step.value;
        let actions = actions(source);
        let [action] = actions.as_slice() else {
            // Several are reported elsewhere; none has only what looks at earlier steps.
            let sends = !source.set.is_empty() || !source.remove.is_empty();
            if actions.is_empty() && (sends || source.token.is_some() || source.with.is_some()) {
                self.error(
                    step,
                    "",
                    "this step has options of a request, and sends none",
                    "add `call: …`, or another action that sends",
                );
            }
            return;
        };
        let options = [
            ("with", source.with.is_some(), &["call", "use"][..]),
            ("set", !source.set.is_empty(), &["call"]),
            ("remove", !source.remove.is_empty(), &["call"]),
            ("changes", source.changes.is_some(), &["call"]),
            ("envelope", source.envelope.is_some(), &["call"]),
            ("vary", source.vary.is_some(), &["call"]),
            ("token", source.token.is_some(), &["call", "raw"]),
            ("headers", !source.headers.is_empty(), REQUESTS),
            ("invalid", source.invalid, REQUESTS),
            ("malformed", source.malformed, REQUESTS),
            ("soap", source.soap.is_some(), &["call"]),
            ("tolerant", source.tolerant, REQUESTS),
        ];
        for (option, given, goes_with) in options {
            if given && !goes_with.contains(action) {
                let message = format!("`{option}` does not go with `{action}`");
                let diagnostic = self
                    .diagnose_in(&self.place(step), &format!("{option}:"), message)
                    .help(format!("it goes with {}", goes_with.join(", ")));
                self.diagnostics.push(diagnostic);
            }
        }
        let silent = ["forge", "rotate_key", "bracket"].contains(action);
        let after = [
            ("expect", !source.expect.is_empty()),
            ("capture", !source.capture.is_empty()),
            ("collect", !source.collect.is_empty()),
        ];
        for (option, _) in after.iter().filter(|(_, given)| silent && *given) {
            let message = format!("`{option}` does not go with `{action}`");
            let diagnostic = self
                .diagnose_in(&self.place(step), &format!("{option}:"), message)
                .help("put it on a step of its own behind this one");
            self.diagnostics.push(diagnostic);
        }
    }

    fn action(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> Option<Action> {
        let source = &step.value;
        let actions = actions(source);
        if actions.len() > 1 {
            let diagnostic = self
                .diagnose(
                    step,
                    format!(
                        "a step has one action, this one has {}",
                        actions.join(" and ")
                    ),
                )
                .help("make two steps of it");
            self.diagnostics.push(diagnostic);
            return None;
        }
        let nests = source.for_each.is_some()
            || source.repeat.is_some()
            || source.parallel.is_some()
            || source.bracket.is_some();
        if nests == source.steps.is_empty() {
            let diagnostic = match actions.first().filter(|_| nests) {
                Some(action) => self
                    .diagnose(step, format!("`{action}` needs `steps`"))
                    .help("`steps` stand beside it, not below it"),
                None => self
                    .diagnose_in(
                        &self.place(step),
                        "steps:",
                        "nothing here plays these `steps`",
                    )
                    .help("`steps` go with for_each, repeat, parallel or bracket"),
            };
            self.diagnostics.push(diagnostic);
            return None;
        }
        if let Some(call) = &source.call {
            return self.call(context, names, step, call);
        }
        if let Some(raw) = &source.raw {
            return self.raw(context, names, step, raw);
        }
        if let Some(authenticate) = &source.authenticate {
            let credential = match &authenticate.credential {
                Some(credential) => self.expr(names, credential),
                None => None,
            };
            let authorization = match &authenticate.authorization {
                Some(text) => self.text(context, names, step, text),
                None => None,
            };
            return Some(Action::Authenticate {
                credential,
                authorization,
                anonymous: authenticate.anonymous,
                body: authenticate.body.clone(),
                headers: self.headers(context, names, step),
            });
        }
        if let Some(forge) = &source.forge {
            return self.forge(context, names, step, forge);
        }
        if !source.bind.is_empty() {
            let mut bind = Vec::new();
            for (name, expression) in &source.bind {
                bind.extend(
                    self.expr(names, expression)
                        .map(|expr| (name.clone(), expr)),
                );
            }
            for name in source.bind.keys() {
                self.make(names, name, &self.place(step), &format!("{name}:"));
            }
            return Some(Action::Bind(bind));
        }
        if let Some(for_each) = &source.for_each {
            let list = self.expr(names, &for_each.list);
            let outer = names.known.clone();
            self.declare(names, &for_each.name, &self.place(step), &for_each.name);
            let steps = self.steps(context, names, &source.steps);
            let mut carried = BTreeSet::new();
            steps.iter().for_each(|step| collected(step, &mut carried));
            leave(names, outer, carried);
            if for_each.limit == Some(0) {
                self.error(step, "limit:", "`limit: 0` plays nothing", "give 1 or more");
            }
            return Some(Action::ForEach {
                list: list?,
                name: for_each.name.clone(),
                limit: for_each.limit,
                steps,
            });
        }
        if let Some(repeat) = &source.repeat {
            let steps = self.steps(context, names, &source.steps);
            let until = match &repeat.until {
                Some(until) => self.expr(names, until),
                None => None,
            };
            if repeat.times == 0 {
                self.error(step, "times:", "`times: 0` plays nothing", "give 1 or more");
            }
            return Some(Action::Repeat {
                times: repeat.times,
                until,
                steps,
            });
        }
        if let Some(parallel) = &source.parallel {
            // They run at the same time: none sees what another makes.
            let outer = names.known.clone();
            let mut steps = Vec::new();
            let mut brought = BTreeSet::new();
            for inner in &source.steps {
                names.known = outer.clone();
                steps.push(self.step(context, names, inner));
                brought.extend(inner.value.id.iter().map(|id| id.value.clone()));
                brought.extend(inner.value.capture.keys().cloned());
                let ended = names.known.difference(&outer).cloned().collect::<Vec<_>>();
                names.ended.extend(ended);
            }
            leave(names, outer, brought);
            if parallel.copies == Some(0) {
                self.error(
                    step,
                    "copies:",
                    "`copies: 0` plays nothing",
                    "give 1 or more",
                );
            }
            return Some(Action::Parallel {
                copies: parallel.copies.unwrap_or(1),
                steps,
            });
        }
        if let Some(bracket) = &source.bracket {
            for control in &bracket.control {
                let hides =
                    control.value.tolerant || control.value.invalid || control.value.malformed;
                let judged = control
                    .value
                    .expect
                    .iter()
                    .any(|one| one.value.status.is_some());
                if hides || judged {
                    let diagnostic = self
                        .diagnose(control, "a control must succeed to count")
                        .help("take `status`, `tolerant` and `invalid` out: without them it must answer 2xx");
                    self.diagnostics.push(diagnostic);
                }
            }
            let control = self.steps(context, names, &bracket.control);
            let steps = self.steps(context, names, &source.steps);
            return Some(Action::Bracket { control, steps });
        }
        if let Some(group) = &source.group {
            return self.group(context, names, step, group);
        }
        if let Some(wait) = &source.wait {
            return Some(Action::Wait(self.expr(names, &wait.seconds)?));
        }
        if let Some(probe) = &source.probe {
            let known = Probe::ALL.iter().find(|(name, _)| *name == probe.value);
            return match known {
                Some((_, probe)) => Some(Action::Probe(*probe)),
                None => {
                    self.unknown(probe, "probe", Probe::ALL.iter().map(|(name, _)| *name));
                    None
                }
            };
        }
        if source.rotate_key {
            return Some(Action::RotateKey);
        }
        Some(Action::None)
    }

    fn headers(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> Vec<(String, Option<Template>)> {
        let mut headers = Vec::new();
        for (name, value) in &step.value.headers {
            let value = value
                .as_ref()
                .and_then(|text| self.text(context, names, step, text));
            headers.push((name.to_lowercase(), value));
        }
        headers
    }

    fn options(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> CallOptions {
        let token = step
            .value
            .token
            .as_ref()
            .and_then(|token| self.expr(names, token));
        CallOptions {
            token,
            headers: self.headers(context, names, step),
        }
    }

    fn call(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
        call: &Spanned<String>,
    ) -> Option<Action> {
        let source = &step.value;
        let Some(rules) = context.profile.operations.get(&call.value) else {
            self.operation(context, call);
            return None;
        };
        if let Some(name) = &rules.template {
            // Names that the operation's own template reads must be known as well.
            self.template(
                context,
                names,
                step,
                &serde_json::json!({ "$use": name.value }),
            );
        }
        let body = match &source.with {
            Some(tree) => self.template(context, names, step, tree),
            None => None,
        };
        let mut set = Vec::new();
        for (pointer, value) in &source.set {
            self.pointer(step, pointer);
            let pointer = self.text(context, names, step, pointer);
            let value = self.template(context, names, step, value);
            set.extend(pointer.zip(value));
        }
        let mut remove = Vec::new();
        for pointer in &source.remove {
            self.pointer(pointer, &pointer.value);
            remove.extend(self.text(context, names, pointer, &pointer.value));
        }
        let changes = match &source.changes {
            Some(changes) => self.expr(names, changes),
            None => None,
        };
        let vary = match &source.vary {
            Some(kind) => match kind.value.parse() {
                Ok(kind) => Some(kind),
                Err(_) => {
                    let known = crate::api::VariationKind::ALL;
                    self.unknown(kind, "variation", known.iter().map(|kind| kind.name()));
                    None
                }
            },
            None => None,
        };
        Some(Action::Call(Call {
            operation: call.value.clone(),
            body,
            set,
            remove,
            changes,
            envelope: source.envelope.unwrap_or(true) && !rules.bare,
            vary,
            soap: Box::new(self.soap(context, names, step)),
            options: self.options(context, names, step),
        }))
    }

    /// How the message of a call is written.
    fn soap(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> SoapOptions {
        let default = SoapChanges::default();
        let source = step.value.soap.as_ref().unwrap_or(&default);
        if step.value.soap.is_some() && context.soap.is_none() {
            self.error(
                step,
                "soap:",
                "`soap` changes SOAP messages, and this API speaks none",
                "take it out",
            );
        }
        let mut replace = Vec::new();
        for (from, to) in &source.replace {
            let from = self.text(context, names, step, from);
            let to = self.text(context, names, step, to);
            replace.extend(from.zip(to));
        }
        let style = self.word(step, "style", source.style.as_deref(), &Style::ALL);
        let declaration = self.word(
            step,
            "declaration",
            source.declaration.as_deref(),
            &Declaration::ALL,
        );
        let nulls = self.word(step, "nulls", source.nulls.as_deref(), &Nulls::ALL);
        let mut text = |text: &Option<String>| {
            let text = text.as_ref()?;
            self.text(context, names, step, text)
        };
        SoapOptions {
            style,
            declaration,
            nulls,
            action: text(&source.action),
            prolog: text(&source.prolog),
            header: text(&source.header),
            extra: text(&source.extra),
            namespace: text(&source.namespace),
            body: text(&source.body),
            replace,
            pad: source.pad.unwrap_or_default(),
        }
    }

    /// One of a few words; the default when absent or unknown.
    fn word<T: Copy + Default>(
        &mut self,
        step: &Spanned<StepSource>,
        what: &str,
        given: Option<&str>,
        known: &[(&str, T)],
    ) -> T {
        let Some(given) = given else {
            return T::default();
        };
        match known.iter().find(|(name, _)| *name == given) {
            Some((_, value)) => *value,
            None => {
                let names = known.iter().map(|(name, _)| *name);
                self.unknown_at(&self.place(step), given, what, names);
                T::default()
            }
        }
    }

    fn raw(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
        raw: &Raw,
    ) -> Option<Action> {
        let path = self.text(context, names, step, &raw.path)?;
        let body = match (&raw.body, &raw.body_base64, &raw.json) {
            (None, None, None) => RawBody::None,
            (Some(text), None, None) => RawBody::Text(self.text(context, names, step, text)?),
            (None, Some(text), None) => {
                match base64::engine::general_purpose::STANDARD.decode(text) {
                    Ok(bytes) => RawBody::Bytes(bytes),
                    Err(error) => {
                        let message = format!("`body_base64` is not base64: {error}");
                        let help = "for text write `body`; `base64` encodes a file";
                        self.error(step, text, message, help);
                        return None;
                    }
                }
            }
            (None, None, Some(tree)) => RawBody::Json(self.template(context, names, step, tree)?),
            _ => {
                self.error(
                    step,
                    "raw:",
                    "a raw request has at most one of `body`, `body_base64` and `json`",
                    "keep one of them",
                );
                return None;
            }
        };
        let options = self.options(context, names, step);
        Some(Action::Raw {
            method: raw.method.clone(),
            path,
            body,
            options,
        })
    }

    fn forge(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
        forge: &Forge,
    ) -> Option<Action> {
        let defect = match &forge.defect {
            Some(text) if text.contains("{{") => self.text(context, names, step, text),
            Some(text) => {
                if text.parse::<crate::auth::Defect>().is_err() {
                    let known: Vec<String> = crate::auth::Defect::ALL
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    let known = known.iter().map(String::as_str);
                    self.unknown_at(&self.place(step), text, "token defect", known);
                }
                self.text(context, names, step, text)
            }
            None => None,
        };
        if !names.signs {
            let diagnostic = self
                .diagnose(
                    step,
                    "`forge` builds signed tokens, and this scenario runs in any mode",
                )
                .help("bind the scenario to a mode with signed tokens: `needs: { mode: … }`");
            self.diagnostics.push(diagnostic);
        }
        let mut members = |map: &Map<String, Value>| -> Vec<(String, Option<Template>)> {
            map.iter()
                .map(|(name, value)| {
                    let value = match value {
                        Value::Null => None,
                        value => self.template(context, names, step, value),
                    };
                    (name.clone(), value)
                })
                .collect()
        };
        let claims = members(&forge.claims);
        let header = members(&forge.header);
        if forge.name.is_empty() {
            let diagnostic = self
                .diagnose(step, "`forge` needs a `name` for the token")
                .help("such as `name: bad`; `token: bad` or `credential: bad` then sends it");
            self.diagnostics.push(diagnostic);
            return None;
        }
        self.make(names, &forge.name, &self.place(step), &forge.name);
        if let Some(name) = &forge.claims_as {
            self.make(names, name, &self.place(step), name);
        }
        Some(Action::Forge {
            defect,
            claims,
            header,
            name: forge.name.clone(),
            claims_as: forge.claims_as.clone(),
        })
    }

    fn group(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
        name: &Spanned<String>,
    ) -> Option<Action> {
        let Some((file, group)) = context.groups.get(name.value.as_str()) else {
            self.unknown(name, "group", context.groups.keys().copied());
            return None;
        };
        if names.groups.contains(&name.value) {
            let diagnostic = self
                .diagnose(name, format!("group `{}` uses itself", name.value))
                .help("a group may use others, but no circle of them");
            self.diagnostics.push(diagnostic);
            return None;
        }
        let given = match &step.value.with {
            None => Map::new(),
            Some(Value::Object(given)) => given.clone(),
            Some(_) => {
                self.error(
                    step,
                    "with:",
                    "`with` of a group gives its parameters by name",
                    "write `with: { parameter: value }`",
                );
                return None;
            }
        };
        for missing in group
            .parameters
            .iter()
            .filter(|parameter| !given.contains_key(*parameter))
        {
            let message = format!("group `{}` needs the parameter `{missing}`", name.value);
            let diagnostic = self
                .diagnose(name, message)
                .help(format!("give it: `with: {{ {missing}: … }}`"));
            self.diagnostics.push(diagnostic);
        }
        for extra in given
            .keys()
            .filter(|given| !group.parameters.contains(given))
        {
            let message = format!("group `{}` has no parameter `{extra}`", name.value);
            let help = match group.parameters.as_slice() {
                [] => "it takes none".to_owned(),
                known => near_or_known(extra, known.iter().map(String::as_str)),
            };
            let diagnostic = self
                .diagnose_in(&self.place(step), &format!("{extra}:"), message)
                .help(help);
            self.diagnostics.push(diagnostic);
        }
        let mut bind = Vec::new();
        for (parameter, value) in &given {
            bind.extend(
                self.template(context, names, step, value)
                    .map(|template| (parameter.clone(), template)),
            );
        }
        names.groups.push(name.value.clone());
        let here = std::mem::replace(&mut self.file, (*file).clone());
        for parameter in &group.parameters {
            let title = self.at_group(&name.value, "").place;
            self.declare(names, parameter, &title, parameter);
        }
        let steps = self.steps(context, names, &group.steps);
        self.file = here;
        names.groups.pop();
        Some(Action::Group { bind, steps })
    }

    fn unused_groups(&mut self, context: &Context, sources: &[(File, ScenarioFile)]) {
        fn used<'a>(steps: &'a [Spanned<StepSource>], found: &mut BTreeSet<&'a str>) {
            for step in steps {
                found.extend(step.value.group.as_ref().map(|name| name.value.as_str()));
                used(&step.value.steps, found);
                if let Some(bracket) = &step.value.bracket {
                    used(&bracket.control, found);
                }
            }
        }
        let mut found = BTreeSet::new();
        for (_, source) in sources {
            for scenario in &source.scenarios {
                used(&scenario.value.steps, &mut found);
            }
            for group in source.groups.values() {
                used(&group.steps, &mut found);
            }
        }
        for (name, (file, _)) in &context.groups {
            if !found.contains(name) {
                self.file = (*file).clone();
                let diagnostic = self
                    .at_group(name, format!("group `{name}` is never used"))
                    .help("`use` it, or take it out");
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn expectation(
        &mut self,
        context: &Context,
        names: &mut Names,
        one: &Spanned<ExpectationSource>,
    ) -> Option<Expectation> {
        let source = &one.value;
        let ids: Vec<&Spanned<String>> = source
            .requirement
            .iter()
            .chain(&source.requirements)
            .collect();
        if ids.is_empty() {
            let diagnostic = self
                .diagnose(one, "an expectation names the requirement it decides")
                .help("add `requirement: <id>` or `requirements: [<id>, …]`");
            self.diagnostics.push(diagnostic);
            return None;
        }
        for id in &ids {
            self.requirement(context, id);
        }
        let mut requirements: Vec<RequirementId> = ids.iter().map(|id| id.value.clone()).collect();
        let each = match &source.each {
            Some(each) => self.expr(names, each),
            None => None,
        };
        let outer = names.known.clone();
        let item = source.item.clone().unwrap_or_else(|| "item".to_owned());
        if source.each.is_some() {
            names.known.insert(item.clone());
        }
        let filter = match &source.filter {
            Some(filter) => self.expr(names, filter),
            None => None,
        };
        let rule = self.rule(context, names, one, &mut requirements);
        let expected = source
            .expected
            .as_ref()
            .and_then(|text| self.text(context, names, one, text));
        let actual = source
            .actual
            .as_ref()
            .and_then(|expression| self.expr(names, expression));
        let at = source
            .at
            .as_ref()
            .and_then(|text| self.text(context, names, one, text));
        names.known = outer;
        let strays = [
            (
                "with",
                !source.with.is_empty() && source.judge.is_none(),
                "judge",
            ),
            (
                "value",
                source.value.is_some() && source.schema.is_none(),
                "schema",
            ),
            ("as", source.item.is_some() && source.each.is_none(), "each"),
        ];
        for (option, _, partner) in strays.iter().filter(|(_, stray, _)| *stray) {
            let message = format!("`{option}` goes with `{partner}`, which is not here");
            let help = format!("add `{partner}`, or take `{option}` out");
            self.error(one, &format!("{option}:"), message, &help);
        }
        let name = source.name.clone().unwrap_or_else(|| ids[0].value.clone());
        let check = match names.checks.iter().position(|check| check.name == name) {
            Some(index) => {
                for id in &requirements {
                    if !names.checks[index].requirements.contains(id) {
                        names.checks[index].requirements.push(id.clone());
                    }
                }
                index
            }
            None => {
                let line = one.referenced.line();
                names.checks.push(CheckSpec {
                    name,
                    requirements: requirements.clone(),
                    line,
                });
                names.checks.len() - 1
            }
        };
        let charged = ids.iter().map(|id| id.value.clone()).collect();
        Some(Expectation {
            check,
            requirements: charged,
            rule: rule?,
            each,
            item,
            filter,
            expected,
            actual,
            at,
        })
    }

    /// What decides; requirements it charges beside the check's are added to `all`.
    fn rule(
        &mut self,
        context: &Context,
        names: &mut Names,
        one: &Spanned<ExpectationSource>,
        all: &mut Vec<RequirementId>,
    ) -> Option<Rule> {
        let source = &one.value;
        let given = [
            ("status", source.status.is_some()),
            ("that", source.that.is_some()),
            ("judge", source.judge.is_some()),
            ("header", source.header.is_some()),
            ("json", source.json.is_some()),
            ("schema", source.schema.is_some()),
        ];
        let rules: Vec<&str> = given
            .iter()
            .filter(|(_, given)| *given)
            .map(|(rule, _)| *rule)
            .collect();
        let [rule] = rules.as_slice() else {
            let (message, help) = match rules.as_slice() {
                [] => (
                    "this expectation has no rule".to_owned(),
                    "add one of status, that, judge, header, json, schema",
                ),
                rules => (
                    format!(
                        "an expectation has one rule, this one has {}",
                        rules.join(" and ")
                    ),
                    "make two expectations of it; with the same `name` they form one check",
                ),
            };
            let diagnostic = self.diagnose(one, message).help(help);
            self.diagnostics.push(diagnostic);
            return None;
        };
        let of_answer = ["status", "header", "json"].contains(rule)
            || (*rule == "schema" && source.value.is_none());
        if of_answer && !names.answered {
            let message = format!("`{rule}` looks at an answer, and this step gets none");
            let diagnostic = self
                .diagnose_in(&self.place(one), &format!("{rule}:"), message)
                .help("put it on the step with the request, or use `that` over the request's `id`");
            self.diagnostics.push(diagnostic);
            return None;
        }
        if let Some(status) = &source.status {
            return self
                .status_rule(context, one, status, all)
                .map(Rule::Status);
        }
        if let Some(that) = &source.that {
            return self.expr(names, that).map(Rule::That);
        }
        if let Some(name) = &source.judge {
            let judgement = self.judgement(one, name, &source.with)?;
            self.named_requirements(context, one, &Value::Object(source.with.clone()), all);
            let mut with = Vec::new();
            for (parameter, value) in &source.with {
                with.push((
                    parameter.clone(),
                    self.template(context, names, one, value)?,
                ));
            }
            return Some(Rule::Judge { judgement, with });
        }
        if let Some(header) = &source.header {
            let matches = match &header.matches {
                Some(pattern) => Some(self.regex(one, pattern)?),
                None => None,
            };
            return Some(Rule::Header {
                name: header.name.to_lowercase(),
                matches,
            });
        }
        if let Some(json) = &source.json {
            const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];
            self.pointer(one, &json.at);
            if let Some(kind) = json
                .kind
                .as_ref()
                .filter(|kind| !TYPES.contains(&kind.as_str()))
            {
                self.unknown_at(&self.place(one), kind, "JSON type", TYPES.into_iter());
            }
            let equals = match &json.equals {
                Some(tree) => Some(self.template(context, names, one, tree)?),
                None => None,
            };
            let matches = match &json.matches {
                Some(pattern) => Some(self.regex(one, pattern)?),
                None => None,
            };
            return Some(Rule::Json {
                at: json.at.clone(),
                equals,
                kind: json.kind.clone(),
                matches,
            });
        }
        let component = source.schema.as_ref()?;
        if context
            .api
            .judge_component(&component.value, &Value::Null)
            .is_none()
        {
            let message = format!(
                "component schema `{}` is not in the OpenAPI document",
                component.value
            );
            let diagnostic = self
                .diagnose(component, message)
                .help("its components stand under `components/schemas`");
            self.diagnostics.push(diagnostic);
            return None;
        }
        let value = match &source.value {
            Some(value) => Some(self.expr(names, value)?),
            None => None,
        };
        Some(Rule::Schema {
            component: component.value.clone(),
            value,
        })
    }

    fn status_rule(
        &mut self,
        context: &Context,
        one: &Spanned<ExpectationSource>,
        status: &Value,
        all: &mut Vec<RequirementId>,
    ) -> Option<StatusRule> {
        let patterns = |value: &Value| -> Option<Vec<StatusPattern>> {
            match value {
                Value::Array(items) => items.iter().map(StatusPattern::parse).collect(),
                value => StatusPattern::parse(value).map(|pattern| vec![pattern]),
            }
        };
        const FORM: &str =
            "write 200, 2xx, a list of these, or {accept: …, otherwise: {404: QC-…}}";
        let here = self.place(one);
        let (accept, otherwise) = match status {
            Value::Object(rule) => (rule.get("accept").and_then(patterns), rule.get("otherwise")),
            value => (patterns(value), None),
        };
        if let Value::Object(rule) = status {
            let strays = rule
                .keys()
                .filter(|name| !["accept", "otherwise"].contains(&name.as_str()));
            for stray in strays {
                let help = near_or_known(stray, ["accept", "otherwise"].into_iter());
                self.error(
                    one,
                    stray,
                    format!("unknown member `{stray}` of `status`"),
                    &help,
                );
            }
        }
        let Some(accept) = accept.filter(|accept| !accept.is_empty()) else {
            let diagnostic = self
                .diagnose_in(
                    &here,
                    "status:",
                    format!("`status: {status}` is not understood"),
                )
                .help(FORM);
            self.diagnostics.push(diagnostic);
            return None;
        };
        let mut charges = Vec::new();
        if otherwise.is_some_and(|otherwise| !otherwise.is_object()) {
            let message = "`otherwise` takes a status or class with the requirements to charge";
            let diagnostic = self.diagnose_in(&here, "otherwise:", message).help(FORM);
            self.diagnostics.push(diagnostic);
        }
        for (word, ids) in otherwise.and_then(Value::as_object).into_iter().flatten() {
            let listed: Option<Vec<String>> = match ids {
                Value::String(id) => Some(vec![id.clone()]),
                Value::Array(ids) => ids
                    .iter()
                    .map(|id| id.as_str().map(str::to_owned))
                    .collect(),
                _ => None,
            };
            let pattern = StatusPattern::parse(&Value::String(word.clone()));
            let (Some(pattern), Some(ids)) = (pattern, listed) else {
                let message = match pattern {
                    None => format!("`{word}` is neither a status nor a class such as 4xx"),
                    Some(_) => format!("`{word}: {ids}` names no requirement to charge"),
                };
                let diagnostic = self
                    .diagnose_in(&here, &format!("{word}:"), message)
                    .help(FORM);
                self.diagnostics.push(diagnostic);
                continue;
            };
            for id in &ids {
                if context.catalogue.get(id).is_none() {
                    let rows = &context.catalogue.requirements;
                    let known = rows.iter().map(|row| row.id.as_str());
                    self.unknown_at(&here, id, "requirement", known);
                }
            }
            let new: Vec<String> = ids.iter().filter(|id| !all.contains(id)).cloned().collect();
            all.extend(new);
            charges.push((pattern, ids));
        }
        Some(StatusRule {
            accept,
            otherwise: charges,
        })
    }
}

/// Why a YAML file cannot be read, in the words of the language; `remedy` is for what
/// has none of its own.
pub(crate) fn explain_yaml(
    error: &serde_saphyr::Error,
    file: &str,
    text: &str,
    remedy: &str,
) -> Diagnostic {
    use serde_saphyr::Error;
    let (line, column) = error
        .location()
        .map_or((0, 0), |location| (location.line(), location.column()));
    let mut place = Place {
        file: file.to_owned(),
        line,
        column,
    };
    let error = error.without_snippet();
    let (message, help) = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown member `{field}`"),
            near_or_known(field, expected.iter().copied()),
        ),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("unknown value `{variant}`"),
            near_or_known(variant, expected.iter().copied()),
        ),
        Error::SerdeMissingField { field, .. } => {
            place = start_of_mapping(text, place);
            let help = format!("add `{field}: …` to the members that start here");
            (format!("`{field}` is missing"), help)
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => (
            format!("`{key}` stands twice"),
            "keep one of the two".to_owned(),
        ),
        Error::Unexpected { expected, .. } => {
            let wanted = match *expected {
                "string scalar" => "a text is expected here",
                "sequence start" => "a list is expected here, one `- …` a line",
                "mapping start" => "members are expected here, one `name: value` a line",
                other => other,
            };
            (wanted.to_owned(), remedy.to_owned())
        }
        Error::InvalidScalar { ty, .. } => {
            let wanted = match *ty {
                "f32" | "f64" => "a number is expected here".to_owned(),
                ty if ty.starts_with('u') => "a whole number from 0 up is expected here".to_owned(),
                ty => format!("a value of type {ty} is expected here"),
            };
            (wanted, remedy.to_owned())
        }
        Error::InvalidBooleanStrict { .. } => (
            "`true` or `false` is expected here".to_owned(),
            "yes, no, on and off are texts".to_owned(),
        ),
        Error::NullIntoString { .. } => (
            "a text is expected here, and nothing stands here".to_owned(),
            remedy.to_owned(),
        ),
        // The parser's own words; what most often stands behind them is told beside.
        other => {
            let remedy = match other.to_string() {
                text if text.contains("mapping values are not allowed") => {
                    "a text with a colon and a blank in it stands in quotes"
                }
                text if text.contains("tabs disallowed") => "indent with blanks",
                text if text.contains("flow mapping") || text.contains("flow sequence") => {
                    "a text with one of , [ ] { } in it stands in quotes when braces or brackets surround it"
                }
                _ => remedy,
            };
            let message = other.to_string();
            let message = message.lines().next().unwrap_or_default();
            // The place is told already.
            let message = match message.rfind(" at line ") {
                Some(end) => &message[..end],
                None => message,
            };
            (message.to_owned(), remedy.to_owned())
        }
    };
    Diagnostic::new(place, message).help(help).in_text(text)
}

/// The first member of the mapping that has a member at `place`.
fn start_of_mapping(text: &str, place: Place) -> Place {
    let lines: Vec<&str> = text.lines().collect();
    let indent = usize::try_from(place.column.saturating_sub(1)).unwrap_or(0);
    let mut start = usize::try_from(place.line.saturating_sub(1)).unwrap_or(0);
    let column = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let dashed = |line: &str| line.trim_start().starts_with("- ");
    while start > 0 && start < lines.len() {
        let own = column(lines[start]) == indent;
        let above = lines[start - 1];
        if (own && dashed(lines[start])) || (!above.trim().is_empty() && column(above) < indent) {
            break;
        }
        start -= 1;
    }
    let written = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    start += lines.iter().skip(start).position(written).unwrap_or(0);
    Place {
        line: start as u64 + 1,
        ..place
    }
}

/// What a wrong name was probably meant to be, or what there is.
fn near_or_known<'k>(name: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    const SHOWN: usize = 40;
    if let Some(near) = did_you_mean(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let mut names: Vec<&str> = known.clone().take(SHOWN).collect();
    names.sort_unstable();
    let more = if known.count() > SHOWN { ", …" } else { "" };
    format!("known: {}{more}", names.join(", "))
}

/// Whether `needle`, found at byte `at` of `line`, is not a part of a longer name, a
/// member of something or a text in quotes.
fn is_word(line: &str, at: usize, needle: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let name = |c: Option<char>| c.is_some_and(part);
    let before = line[..at].chars().next_back();
    let after = line[at + needle.len()..].chars().next();
    let plain = needle.chars().all(part);
    let starts = !name(needle.chars().next()) || !(name(before) || (plain && before == Some('.')));
    let ends = !name(needle.chars().next_back()) || !name(after);
    starts && ends
}

/// Actions that a step gives.
fn actions(source: &StepSource) -> Vec<&'static str> {
    [
        ("call", source.call.is_some()),
        ("raw", source.raw.is_some()),
        ("authenticate", source.authenticate.is_some()),
        ("forge", source.forge.is_some()),
        ("let", !source.bind.is_empty()),
        ("for_each", source.for_each.is_some()),
        ("repeat", source.repeat.is_some()),
        ("parallel", source.parallel.is_some()),
        ("bracket", source.bracket.is_some()),
        ("use", source.group.is_some()),
        ("wait", source.wait.is_some()),
        ("probe", source.probe.is_some()),
        ("rotate_key", source.rotate_key),
    ]
    .into_iter()
    .filter(|(_, given)| *given)
    .map(|(name, _)| name)
    .collect()
}

/// Names that a step and those inside it collect.
fn collected(step: &Step, found: &mut BTreeSet<String>) {
    found.extend(step.collect.iter().map(|(name, _)| name.clone()));
    step.inner()
        .iter()
        .for_each(|inner| collected(inner, found));
}

/// Leaves a scope: of the names made inside only those `brought` out are known.
fn leave(names: &mut Names, outer: BTreeSet<String>, brought: BTreeSet<String>) {
    let inside = std::mem::replace(&mut names.known, outer);
    names.known.extend(brought);
    names.ended.extend(inside.difference(&names.known).cloned());
}

/// Every text somewhere in `value`.
fn texts_of<'v>(value: &'v Value, found: &mut Vec<&'v String>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts_of(member, found)),
        _ => {}
    }
}
