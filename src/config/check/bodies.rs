//! `[bodies]`: the media types and paths that are meant.

use toml::Spanned;

use super::Check;
use crate::config::Bodies;
use crate::config::file::{BodiesEntry, File};
use crate::config::reader::{Field, Strings, nearest};
use crate::config::report::Problem;
use crate::pattern::{HTML, MediaPattern, PathPattern};

impl Check {
    /// Returns the bodies that are looked into; types and paths that are no good are left out.
    pub(super) fn bodies(&mut self, file: &File) -> Option<Bodies> {
        let entry = file.bodies.as_ref()?;
        let mut bodies = Bodies::new(self.types(entry), self.paths(entry));
        let usual = |size: Option<usize>, usual: u64| size.map_or(usual, |size| size as u64);
        bodies.longest_url = entry.longest_url.unwrap_or(bodies.longest_url);
        bodies.whole = entry.whole.unwrap_or(bodies.whole);
        bodies.decoded_size = usual(entry.decoded_size, bodies.decoded_size);
        bodies.ratio = usual(entry.ratio, bodies.ratio);
        Some(bodies)
    }

    fn types(&mut self, entry: &BodiesEntry) -> Vec<MediaPattern> {
        let mut types = Vec::new();
        let Some(field) = &entry.types else {
            return types;
        };
        let help = "name a set, such as `json`, or leave `[bodies]` out";
        self.not_empty("types", field, help);
        for text in &field.value {
            match media_patterns(text) {
                Ok(patterns) => types.extend(patterns),
                Err(problem) => self.problems.push(problem),
            }
        }
        types
    }

    fn paths(&mut self, entry: &BodiesEntry) -> Vec<PathPattern> {
        let mut paths = Vec::new();
        let Some(field) = &entry.paths else {
            return paths;
        };
        self.not_empty("paths", field, "leave `paths` out for all of them");
        for text in &field.value {
            match PathPattern::parse(text.get_ref()) {
                Ok(path) => paths.push(path),
                Err(error) => {
                    let problem = Problem::at(&text.span(), error.to_string());
                    self.problems.push(problem);
                }
            }
        }
        paths
    }

    fn not_empty(&mut self, key: &str, field: &Field<Strings>, help: &str) {
        if field.value.is_empty() && !field.has_faults {
            let message = format!("`{key}` is empty, so no body would be looked into");
            let problem = Problem::at(&field.span, message).with_help(help);
            self.problems.push(problem);
        }
    }
}

/// Returns the media types that `text` stands for: those of a set, or one.
fn media_patterns(text: &Spanned<String>) -> Result<Vec<MediaPattern>, Problem> {
    if let Some(set) = set(text.get_ref()) {
        return Ok(set);
    }
    let at = |message: String| Problem::at(&text.span(), message);
    if !text.get_ref().contains('/') {
        let shown = text.get_ref().escape_debug();
        let problem = at(format!(
            "`{shown}` is neither `json`, `html` or `text` nor a media type"
        ));
        return Err(match nearest(text.get_ref(), &SETS) {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
    let pattern = MediaPattern::parse(text.get_ref()).map_err(|error| at(error.to_string()))?;
    match pattern.matches(b"text/event-stream") && pattern != MediaPattern::AnyText {
        true => Err(at(
            "`text/event-stream` is never looked into: an event is not held back".to_owned(),
        )),
        false => Ok(vec![pattern]),
    }
}

const SETS: [&str; 3] = ["json", "html", "text"];

/// The media types of a set; `None` where no set has this name.
fn set(name: &str) -> Option<Vec<MediaPattern>> {
    let names: &[&str] = match name {
        // Beside JSON what React Router, Remix, Astro and SvelteKit send, which is much like it.
        "json" => &[
            "application/json",
            "text/json",
            "text/x-script",
            "text/remix-deferred",
            "application/json+devalue",
            "text/sveltekit-data",
            "application/x-ndjson",
        ],
        "html" => &HTML,
        // Next.js sends `text/x-component`.
        "text" => &["text/plain", "text/x-component"],
        _ => return None,
    };
    let exact = names.iter().map(|it| MediaPattern::Exact((*it).to_owned()));
    let suffix = (name == "json").then_some(MediaPattern::AnyJson);
    Some(exact.chain(suffix).collect())
}
