//! Forms whose hidden inputs are the parameters.

use super::super::hostile::Random;
use super::{CLIENTS, Document, LISTS};

#[derive(Debug, Clone, Copy)]
struct Form {
    start: &'static str,
    /// With its name at `@n` and its value at `@v`.
    input: &'static str,
    /// What its name stands between.
    quote: &'static str,
    /// Whether it leads to an endpoint with GET.
    is_request: bool,
}

const FORMS: &[Form] = &[
    Form {
        start: "<form method=\"get\" action=\"https://zoom.us/oauth/authorize\">",
        input: "<input type=\"hidden\" name=\"@n\" value=\"@v\">",
        quote: "\"",
        is_request: true,
    },
    Form {
        start: "<FORM id=f ACTION='https:&#47;&#x2F;zoom.us/oauth/authorize' >",
        input: "<INPUT VALUE = '@v' TYPE=hidden NAME=@n />",
        quote: "",
        is_request: true,
    },
    Form {
        start: "<form action=//zoom.us/oauth/authorize id=f>",
        input: "<input\nname='@n'value=\"@v\"\ntype=HIDDEN>",
        quote: "'",
        is_request: true,
    },
    Form {
        start: "<form method=post action=\"https://zoom.us/oauth/authorize\">",
        input: "<input type=hidden name=@n value='@v'>",
        quote: "",
        is_request: false,
    },
    Form {
        start: "<form action=\"https://zoom.us/search\">",
        input: "<input type=hidden name=@n value='@v'>",
        quote: "",
        is_request: false,
    },
];

/// What may stand between inputs.
const BETWEEN: &[&str] = &[
    "",
    " ",
    "\n<p>text</p>",
    "<br/>",
    "<input type=text name=scope value=a>",
    "<!-- <input type=hidden name=scope value=a> -->",
    "a < b",
];

impl Document {
    pub(super) fn form(&mut self, random: &mut Random, is_markup: bool) {
        let form = random.one(FORMS);
        let client = random.one(CLIENTS);
        let list = random.one(LISTS);
        let counts = is_markup && form.is_request;
        let is_changed = client != "kept" && !(client == "normal" && list.is_normal());
        let input = |name: &str, value: &str| {
            let value = value.replace('+', " ").replace("%20", " ");
            let value = value.replace("%27", "&#39;").replace('\'', "&#39;");
            form.input.replace("@n", name).replace("@v", &value)
        };
        let before = input("scope", list.raw);
        let after = match client {
            "normal" => {
                let scope = list.scope.map(|value| input("scope", value));
                let end = if form.input.ends_with("/>") {
                    " />"
                } else {
                    ">"
                };
                let optional = list.optional.map(|value| {
                    let pairs = [
                        ("type", "hidden"),
                        ("name", "optional_scope"),
                        ("value", value),
                    ];
                    let attributes =
                        pairs.map(|(name, value)| format!(" {name}={0}{value}{0}", form.quote));
                    format!("<input{}{end}", attributes.concat())
                });
                // What stands in the place of the only input is that input.
                match (scope, optional) {
                    (None, Some(optional)) => optional,
                    (scope, optional) => scope.unwrap_or_default() + &optional.unwrap_or_default(),
                }
            }
            _ => String::new(),
        };
        let scope_comes_first = random.percent(50);
        self.stays(form.start.as_bytes());
        for is_first in [true, false] {
            self.stays(random.one(BETWEEN).as_bytes());
            if is_first != scope_comes_first {
                self.stays(input("client_id", client).as_bytes());
                continue;
            }
            match counts && is_changed {
                true => self.becomes(before.clone().into(), after.clone().into()),
                false => self.stays(before.as_bytes()),
            }
        }
        self.stays(random.one(BETWEEN).as_bytes());
        self.stays(b"</form>");
        if counts {
            self.found.push((client.to_owned(), is_changed));
        }
    }
}
