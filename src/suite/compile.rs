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
    Probe, RawBody, Rule, Scenario, StatusPattern, StatusRule, Step, Suite,
};
use crate::api::Api;
use crate::base::diag::{Diagnostic, Place, did_you_mean};
use crate::expr::{Expr, Template, TemplateError};
use crate::judgement::{self, Judgement};
use crate::model::profile::{Always, Profile};
use crate::model::requirement::{Decided, RequirementId};
use crate::model::scenario::{
    ExpectationSource, Forge, Group, Raw, ScenarioFile, ScenarioSource, StepSource,
};

/// Names that every expression of a scenario may use.
pub const VARIABLES: &[(&str, &str)] = &[
    ("answer", "JSON body of the last answer"),
    ("status", "its status"),
    ("headers", "its headers, lower-case names"),
    ("body_text", "its body as text"),
    ("ms", "milliseconds it took"),
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
];

/// Builds the suite from its files, or all diagnostics.
pub(super) fn compile(
    files: Vec<File>,
    api: Api,
    digest: String,
) -> Result<Suite, Vec<Diagnostic>> {
    let mut compiler = Compiler {
        diagnostics: Vec::new(),
        file: File::default(),
    };
    let mut profile = None;
    let mut catalogue = None;
    let mut library = BTreeMap::new();
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
                library = compiler
                    .parse::<BTreeMap<String, Value>>()
                    .unwrap_or_default()
            }
            _ => {
                if let Some(source) = compiler.parse::<ScenarioFile>() {
                    sources.push((compiler.file.clone(), source));
                }
            }
        }
    }
    let (Some((profile_file, profile)), Some((catalogue_file, catalogue))) = (profile, catalogue)
    else {
        if compiler.diagnostics.is_empty() {
            let message = "a suite needs `profile.yaml` and `catalogue.yaml`";
            compiler
                .diagnostics
                .push(Diagnostic::new(Place::default(), message));
        }
        return Err(compiler.diagnostics);
    };
    compiler.file = catalogue_file;
    compiler.check_catalogue(&catalogue);

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
                compiler.error(
                    &scenario.value.id,
                    format!("scenario id `{}` stands twice", scenario.value.id.value),
                );
            }
            scenarios.push(compiler.scenario(&context, &source.topic, scenario));
        }
    }
    compiler.unused_groups(&context, &sources);
    let suite_parts = (compiler.diagnostics, parts);
    let (mut diagnostics, Some(parts)) = suite_parts else {
        return Err(suite_parts.0);
    };
    let suite = Suite {
        templates: parts.templates,
        envelope: parts.envelope,
        tokens: parts.tokens,
        access_token: parts.access_token,
        always: parts.always,
        show: parts.show,
        profile,
        catalogue,
        api,
        scenarios,
        digest,
    };
    if diagnostics.is_empty() {
        Ok(suite)
    } else {
        diagnostics.sort();
        diagnostics.dedup();
        Err(diagnostics)
    }
}

/// What scenarios refer to.
struct Context<'a> {
    profile: &'a Profile,
    catalogue: &'a Catalogue,
    api: &'a Api,
    library: &'a BTreeMap<String, Value>,
    groups: BTreeMap<&'a str, (&'a File, &'a Group)>,
    exports: BTreeSet<String>,
}

/// The compiled parts of `profile.yaml`.
struct ProfileParts {
    templates: BTreeMap<String, Template>,
    envelope: Option<Template>,
    tokens: BTreeMap<String, (Template, Template)>,
    access_token: Expr,
    always: Vec<AlwaysRule>,
    show: Vec<(String, Expr)>,
}

/// Names known and used while a scenario is compiled.
#[derive(Default)]
struct Names {
    known: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Names an author made, with their place.
    made: Vec<(String, Place)>,
    checks: Vec<CheckSpec>,
    /// Groups being inlined, against circles.
    groups: Vec<String>,
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
                let (line, column) = error
                    .location()
                    .map_or((0, 0), |location| (location.line(), location.column()));
                let place = Place {
                    file: self.file.0.clone(),
                    line,
                    column,
                };
                let message = error.without_snippet().to_string();
                let message = message.lines().next().unwrap_or_default().to_owned();
                self.diagnostics.push(
                    Diagnostic::new(place, message)
                        .help("docs/scenarios.md describes every construct; `assay schema scenario` is for editors")
                        .in_text(&self.file.1),
                );
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

    fn error<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        let diagnostic = self.diagnose(at, message);
        self.diagnostics.push(diagnostic);
    }

    /// Reports a name that is not among the known ones.
    fn unknown<'k>(
        &mut self,
        at: &Spanned<String>,
        what: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let mut diagnostic = self.diagnose(at, format!("unknown {what} `{}`", at.value));
        diagnostic = match did_you_mean(&at.value, known.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => {
                let mut names: Vec<&str> = known.take(12).collect();
                names.sort_unstable();
                diagnostic.help(format!("known: {}", names.join(", ")))
            }
        };
        self.diagnostics.push(diagnostic);
    }

    fn expr_at<T>(&mut self, at: &Spanned<T>, source: &str) -> Option<Expr> {
        match Expr::compile(source) {
            Ok(expr) => Some(expr),
            Err(error) => {
                let mut diagnostic = self.diagnose(at, format!("expression `{source}`: {error}"));
                if let Some(offset) = error.offset {
                    let quoted = diagnostic.source.as_deref().and_then(|line| {
                        line.chars()
                            .nth(usize::try_from(diagnostic.place.column.saturating_sub(1)).ok()?)
                    });
                    let quote = u64::from(matches!(quoted, Some('"' | '\'')));
                    diagnostic.place.column += offset as u64 + quote;
                }
                self.diagnostics
                    .push(diagnostic.help("expressions are described in docs/scenarios.md"));
                None
            }
        }
    }

    fn expr(&mut self, names: &mut Names, source: &Spanned<String>) -> Option<Expr> {
        let expr = self.expr_at(source, &source.value)?;
        self.check_names(names, source, expr.names());
        Some(expr)
    }

    fn check_names<T>(&mut self, names: &mut Names, at: &Spanned<T>, read: Vec<String>) {
        for name in read {
            if names.known.contains(&name) {
                names.used.insert(name);
            } else {
                let near = did_you_mean(&name, names.known.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "a name is made by `capture`, `let`, `forge`, `for_each`, a step's `id` or discovery".into(),
                };
                let diagnostic = self
                    .diagnose(at, format!("`{name}` is not known here"))
                    .help(help);
                self.diagnostics.push(diagnostic);
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
        match Template::compile(tree, context.library) {
            Ok(template) => {
                self.check_names(names, at, template.names());
                Some(template)
            }
            Err(error) => {
                self.template_error(at, &error);
                None
            }
        }
    }

    fn template_error<T>(&mut self, at: &Spanned<T>, error: &TemplateError) {
        self.error(at, error.to_string());
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

    fn regex<T>(&mut self, at: &Spanned<T>, pattern: &str) -> Option<Regex> {
        match Regex::new(pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.error(at, format!("regular expression `{pattern}`: {error}"));
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

    fn check_catalogue(&mut self, catalogue: &Catalogue) {
        let mut seen = BTreeSet::new();
        for row in &catalogue.requirements {
            let mut problems = Vec::new();
            if !seen.insert(&row.id) {
                problems.push("stands twice; ids are never reused");
            }
            if row.decided != Decided::Automated && row.reason.is_none() {
                problems.push("is not automated and needs a `reason`");
            }
            for problem in problems {
                let line = self
                    .file
                    .1
                    .lines()
                    .position(|line| line.trim() == format!("- id: {}", row.id));
                let line = line.map_or(0, |line| line as u64 + 1);
                let place = Place {
                    file: self.file.0.clone(),
                    line,
                    column: 9,
                };
                self.diagnostics.push(
                    Diagnostic::new(place, format!("requirement {} {problem}", row.id))
                        .in_text(&self.file.1),
                );
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
        names
            .known
            .extend(["application_id".to_owned(), "item".to_owned()]);
        let nowhere = Spanned::new(
            (),
            profile.authentication.operation.referenced,
            profile.authentication.operation.defined,
        );
        let mut templates = BTreeMap::new();
        for (operation, rules) in &profile.operations {
            if context.api.operation(operation).is_none() {
                self.error(
                    &nowhere,
                    format!("operation `{operation}` is not in the OpenAPI document"),
                );
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
        for id in [
            &authentication.failing,
            &authentication.refresh,
            &profile.calls.failing,
            &profile.calls.switching,
        ] {
            self.requirement(context, id);
        }
        let access_token = self.expr(&mut names, &authentication.token);
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
            access_token: access_token?,
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
                let judgement = self.judgement(name, &source.with)?;
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
                        filter,
                        that,
                        expected: objects.expected.clone(),
                    },
                )
            }
            _ => {
                self.error(
                    rule,
                    "a rule on every exchange has either `judge` or `objects`",
                );
                return None;
            }
        };
        let mut requirements = vec![source.requirement.value.clone()];
        let with = Value::Object(source.with.clone());
        named_requirements(&with, context.catalogue, &mut requirements);
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
        })
    }

    fn judgement(
        &mut self,
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
            let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            let diagnostic = self
                .diagnose(
                    name,
                    format!("judgement `{}` has no parameter `{given}`", name.value),
                )
                .help(format!("its parameters: {}", known.join(", ")));
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
                .help(missing.meaning);
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
        for id in &scenario.requirements {
            self.requirement(context, id);
        }
        let needs = self.needs(context, &mut names, scenario);
        let steps = self.steps(context, &mut names, &scenario.steps);
        let mut charged: BTreeSet<&str> = BTreeSet::new();
        charged.extend(
            names
                .checks
                .iter()
                .flat_map(|check| check.requirements.iter().map(String::as_str)),
        );
        for id in &scenario.requirements {
            if !charged.contains(id.value.as_str()) {
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
        let listed: BTreeSet<&str> = scenario
            .requirements
            .iter()
            .map(|id| id.value.as_str())
            .collect();
        for id in charged.iter().filter(|id| !listed.contains(**id)) {
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
        for (name, place) in &names.made {
            if !names.used.contains(name) && !own.contains(name.as_str()) {
                let diagnostic = Diagnostic::new(place.clone(), format!("`{name}` is never used"))
                    .help("use it in an expression, or take it out")
                    .in_text(&self.file.1);
                self.diagnostics.push(diagnostic);
            }
        }
        for name in &scenario.exports {
            if !names.made.iter().any(|(made, _)| *made == name.value) {
                self.error(
                    name,
                    format!("`{}` is exported, but no step makes it", name.value),
                );
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
            .filter_map(|source| self.step(context, names, source))
            .collect()
    }

    fn make(&self, names: &mut Names, name: &str, place: Place) {
        names.known.insert(name.to_owned());
        names.made.push((name.to_owned(), place));
    }

    fn step(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> Option<Step> {
        let source = &step.value;
        let when = match &source.when {
            Some(when) => Some(self.expr(names, when)?),
            None => None,
        };
        let actor = source
            .actor
            .as_ref()
            .and_then(|actor| self.text(context, names, actor, &actor.value));
        let action = self.action(context, names, step)?;
        if let Some(id) = &source.id {
            // A step that nobody names again is fine: its id stands in reports.
            names.known.insert(id.value.clone());
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
        for (name, expression) in &source.capture {
            self.make(names, name, self.place(expression));
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
                self.make(names, name, self.place(expression));
            }
        }
        Some(Step {
            id: source.id.as_ref().map(|id| id.value.clone()),
            line: step.referenced.line(),
            when,
            action,
            actor,
            situation,
            invalid: source.invalid,
            tolerant: source.tolerant,
            expect,
            capture,
            collect,
        })
    }

    fn action(
        &mut self,
        context: &Context,
        names: &mut Names,
        step: &Spanned<StepSource>,
    ) -> Option<Action> {
        let source = &step.value;
        let given = [
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
        ];
        let actions: Vec<&str> = given
            .iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| *name)
            .collect();
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
            let message = if nests {
                "this step needs `steps`"
            } else {
                "`steps` go with for_each, repeat, parallel or bracket"
            };
            self.error(step, message);
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
                Some(credential) => Some(self.expr(names, credential)?),
                None => None,
            };
            let authorization = match &authenticate.authorization {
                Some(text) => Some(self.text(context, names, step, text)?),
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
                bind.push((name.clone(), self.expr(names, expression)?));
            }
            for (name, expression) in &source.bind {
                self.make(names, name, self.place(expression));
            }
            return Some(Action::Bind(bind));
        }
        if let Some(for_each) = &source.for_each {
            let list = self.expr(names, &for_each.list)?;
            names.known.insert(for_each.name.clone());
            let steps = self.steps(context, names, &source.steps);
            return Some(Action::ForEach {
                list,
                name: for_each.name.clone(),
                limit: for_each.limit,
                steps,
            });
        }
        if let Some(repeat) = &source.repeat {
            let steps = self.steps(context, names, &source.steps);
            let until = match &repeat.until {
                Some(until) => Some(self.expr(names, until)?),
                None => None,
            };
            return Some(Action::Repeat {
                times: repeat.times,
                until,
                steps,
            });
        }
        if let Some(parallel) = &source.parallel {
            let steps = self.steps(context, names, &source.steps);
            return Some(Action::Parallel {
                copies: parallel.copies.unwrap_or(1),
                steps,
            });
        }
        if let Some(bracket) = &source.bracket {
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
            return match probe.value.as_str() {
                "tls" => Some(Action::Probe(Probe::Tls)),
                "plain_http" => Some(Action::Probe(Probe::PlainHttp)),
                _ => {
                    self.unknown(probe, "probe", ["tls", "plain_http"].into_iter());
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
            Some(tree) => Some(self.template(context, names, step, tree)?),
            None => None,
        };
        let mut set = Vec::new();
        for (pointer, value) in &source.set {
            if !pointer.starts_with('/') {
                self.error(
                    step,
                    format!("`set` takes JSON Pointers, which start with a slash: `{pointer}`"),
                );
            }
            set.push((
                self.text(context, names, step, pointer)?,
                self.template(context, names, step, value)?,
            ));
        }
        let mut remove = Vec::new();
        for pointer in &source.remove {
            remove.push(self.text(context, names, pointer, &pointer.value)?);
        }
        let changes = match &source.changes {
            Some(changes) => Some(self.expr(names, changes)?),
            None => None,
        };
        let vary = match &source.vary {
            Some(kind) => match kind.value.parse() {
                Ok(kind) => Some(kind),
                Err(_) => {
                    let known = [
                        "unknown-members",
                        "drop-optional",
                        "null-nullable",
                        "camel-case-names",
                    ];
                    self.unknown(kind, "variation", known.into_iter());
                    return None;
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
            options: self.options(context, names, step),
        }))
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
                        self.error(step, format!("`body_base64`: {error}"));
                        return None;
                    }
                }
            }
            (None, None, Some(tree)) => RawBody::Json(self.template(context, names, step, tree)?),
            _ => {
                self.error(
                    step,
                    "a raw request has one of `body`, `body_base64` and `json`",
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
            Some(text) if text.contains("{{") => Some(self.text(context, names, step, text)?),
            Some(text) => {
                if text.parse::<crate::auth::Defect>().is_err() {
                    let known: Vec<String> = crate::auth::Defect::ALL
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    let at = Spanned::new(text.clone(), step.referenced, step.defined);
                    self.unknown(&at, "token defect", known.iter().map(String::as_str));
                    return None;
                }
                Some(self.text(context, names, step, text)?)
            }
            None => None,
        };
        let mut members = |map: &Map<String, Value>| -> Option<Vec<(String, Option<Template>)>> {
            map.iter()
                .map(|(name, value)| {
                    let value = match value {
                        Value::Null => None,
                        value => Some(self.template(context, names, step, value)?),
                    };
                    Some((name.clone(), value))
                })
                .collect()
        };
        let claims = members(&forge.claims)?;
        let header = members(&forge.header)?;
        if forge.name.is_empty() {
            self.error(step, "`forge` needs a `name` for the token");
            return None;
        }
        self.make(names, &forge.name, self.place(step));
        Some(Action::Forge {
            defect,
            claims,
            header,
            name: forge.name.clone(),
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
            self.error(name, format!("group `{}` uses itself", name.value));
            return None;
        }
        let given = match &step.value.with {
            None => Map::new(),
            Some(Value::Object(given)) => given.clone(),
            Some(_) => {
                self.error(step, "`with` of a group gives its parameters by name");
                return None;
            }
        };
        for missing in group
            .parameters
            .iter()
            .filter(|parameter| !given.contains_key(*parameter))
        {
            self.error(
                name,
                format!("group `{}` needs the parameter `{missing}`", name.value),
            );
        }
        for extra in given
            .keys()
            .filter(|given| !group.parameters.contains(given))
        {
            self.error(
                name,
                format!("group `{}` has no parameter `{extra}`", name.value),
            );
        }
        let mut bind = Vec::new();
        for (parameter, value) in &given {
            bind.push((
                parameter.clone(),
                self.template(context, names, step, value)?,
            ));
        }
        names.known.extend(group.parameters.iter().cloned());
        names.groups.push(name.value.clone());
        let here = std::mem::replace(&mut self.file, (*file).clone());
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
                let line = file
                    .1
                    .lines()
                    .position(|line| line.trim() == format!("{name}:"));
                let place = Place {
                    file: file.0.clone(),
                    line: line.map_or(0, |line| line as u64 + 1),
                    column: 3,
                };
                let diagnostic = Diagnostic::new(place, format!("group `{name}` is never used"))
                    .in_text(&file.1);
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
            Some(each) => Some(self.expr(names, each)?),
            None => None,
        };
        let item = source.item.clone().unwrap_or_else(|| "item".to_owned());
        if each.is_some() {
            names.known.insert(item.clone());
        }
        let filter = match &source.filter {
            Some(filter) => Some(self.expr(names, filter)?),
            None => None,
        };
        let rule = self.rule(context, names, one, &mut requirements)?;
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
            rule,
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
            source.status.is_some(),
            source.that.is_some(),
            source.judge.is_some(),
            source.header.is_some(),
            source.json.is_some(),
            source.schema.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            let message =
                "an expectation has exactly one of status, that, judge, header, json, schema";
            self.error(one, message);
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
            let judgement = self.judgement(name, &source.with)?;
            named_requirements(&Value::Object(source.with.clone()), context.catalogue, all);
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
            self.error(
                component,
                format!(
                    "component schema `{}` is not in the OpenAPI document",
                    component.value
                ),
            );
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
        let (accept, otherwise) = match status {
            Value::Object(rule) => (rule.get("accept").and_then(patterns), rule.get("otherwise")),
            value => (patterns(value), None),
        };
        let Some(accept) = accept else {
            let diagnostic = self
                .diagnose(one, format!("`status: {status}` is not understood"))
                .help("write 200, 2xx, a list of these, or {accept: …, otherwise: {404: QC-…}}");
            self.diagnostics.push(diagnostic);
            return None;
        };
        let mut charges = Vec::new();
        for (pattern, ids) in otherwise.and_then(Value::as_object).into_iter().flatten() {
            let ids: Vec<String> = match ids {
                Value::String(id) => vec![id.clone()],
                Value::Array(ids) => ids
                    .iter()
                    .filter_map(|id| id.as_str().map(str::to_owned))
                    .collect(),
                _ => Vec::new(),
            };
            let Some(pattern) = StatusPattern::parse(&Value::String(pattern.clone())) else {
                self.error(
                    one,
                    format!("`{pattern}` is neither a status nor a class such as 4xx"),
                );
                continue;
            };
            for id in &ids {
                let id = Spanned::new(id.clone(), one.referenced, one.defined);
                self.requirement(context, &id);
            }
            all.extend(
                ids.iter()
                    .filter(|id| !all.contains(id))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            charges.push((pattern, ids));
        }
        Some(StatusRule {
            accept,
            otherwise: charges,
        })
    }
}

/// Adds every requirement id that stands as a text somewhere in `value`.
fn named_requirements(value: &Value, catalogue: &Catalogue, found: &mut Vec<RequirementId>) {
    match value {
        Value::String(text) => {
            if catalogue.get(text).is_some() && !found.contains(text) {
                found.push(text.clone());
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| named_requirements(item, catalogue, found)),
        Value::Object(members) => members
            .values()
            .for_each(|member| named_requirements(member, catalogue, found)),
        _ => {}
    }
}
