use super::*;
use crate::oauth::{EndpointTable, RequestUrl, recognise};
use crate::scope::{ScopePattern, ScopePatterns, Separator};

fn token(text: &str) -> ScopeToken {
    ScopeToken::parse(text).unwrap()
}

fn patterns(texts: &[&str]) -> ScopePatterns {
    let pattern = |text: &&str| ScopePattern::parse(text).unwrap();
    texts.iter().map(pattern).collect()
}

fn renaming(pairs: &[(&str, &str)]) -> Normalize {
    Normalize {
        rename: pairs.iter().map(|(a, b)| (token(a), token(b))).collect(),
        ..Normalize::default()
    }
}

fn client(ids: &[&str], policy: Policy) -> Client {
    Client {
        ids: ids.iter().map(ToString::to_string).collect(),
        name: None,
        policy,
        dry_run: false,
    }
}

/// Shows `look` the decision on a request with this query.
fn decide<T>(policies: &Policies, query: &str, look: impl FnOnce(&Decision<'_>) -> T) -> T {
    let reference = format!("https://zoom.us/oauth/authorize?{query}");
    let table = EndpointTable::builtin();
    let request = recognise(reference.as_bytes(), &RequestUrl::UNKNOWN, &table).unwrap();
    look(&policies.decide(request))
}

fn account(normalize: &Normalize, query: &str) -> Account {
    let policies = Policies::new(Policy::Normalize(normalize.clone()), false);
    decide(&policies, query, |decision| decision.account())
}

/// The new `scope` and `optional_scope`; `None` where not a byte is to change.
fn lists(normalize: &Normalize, query: &str) -> Option<(Option<String>, Option<String>)> {
    let text = |list| String::from_utf8(list).unwrap();
    let policies = Policies::new(Policy::Normalize(normalize.clone()), false);
    match decide(&policies, query, |decision| decision.edit.clone()) {
        Edit::Nothing => None,
        Edit::Set {
            scope,
            optional_scope,
        } => Some((scope.map(text), optional_scope.map(text))),
    }
}

#[track_caller]
fn assert_scope(normalize: &Normalize, query: &str, list: &str) {
    let expected = Some((Some(list.to_owned()), None));
    assert_eq!(lists(normalize, query), expected, "{query:?}");
}

fn names(tokens: &[ScopeToken]) -> Vec<String> {
    tokens.iter().map(ToString::to_string).collect()
}

#[test]
fn strip_removes_every_scope_and_leaves_optional_scope() {
    let policies = Policies::default();
    let query = "scope=a+b&optional_scope=c&scope=d";
    let account = decide(&policies, query, |decision| decision.account());
    let gone = Edit::Set {
        scope: None,
        optional_scope: None,
    };
    assert_eq!(names(&account.removed), ["a", "b", "d"]);
    assert!(account.kept.is_empty() && account.optional.is_empty());
    for query in [query, "scope", "scope="] {
        assert_eq!(
            decide(&policies, query, |decision| decision.edit.clone()),
            gone
        );
    }
}

#[test]
fn strip_without_scope_changes_nothing() {
    let wants_change = |query| {
        decide(&Policies::default(), query, |decision| {
            decision.wants_change()
        })
    };
    assert!(!wants_change("client_id=a&optional_scope=b"));
    assert!(!wants_change(""));
}

#[test]
fn keep_changes_nothing_and_tells_the_scopes() {
    let policies = Policies::new(Policy::Keep, false);
    decide(&policies, "scope=a,a&scope=b", |decision| {
        assert!(!decision.wants_change());
        assert_eq!(names(&decision.account().kept), ["a", "a", "b"]);
    });
}

#[test]
fn normalize_splits_at_any_run_of_white_space_and_commas() {
    let any = Normalize::default();
    assert_scope(&any, "scope=,+a,,b%09%0Ac%E3%80%80d%C2%A0e+,", "a b c d e");
    assert_eq!(lists(&any, "scope=a+b+c"), None);
}

#[test]
fn normalize_drops_duplicates_in_first_seen_order() {
    let any = Normalize::default();
    assert_scope(&any, "scope=b+a+b+c+a", "b a c");
    assert_scope(&any, "scope=b+a&x&scope=c+a", "b a c");
    assert_scope(&any, "scope=a%3Ab+a:b", "a:b");
    assert_eq!(lists(&any, "scope=a+A"), None);
}

#[test]
fn normalize_joins_with_the_separator() {
    let comma = Normalize {
        separator: Separator::Comma,
        ..Normalize::default()
    };
    assert_scope(&comma, "scope=a+b", "a,b");
    assert_eq!(lists(&comma, "scope=a%2Cb"), None);
    assert_scope(&Normalize::default(), "scope=a,b", "a b");
}

#[test]
fn rename_comes_before_allow() {
    let normalize = Normalize {
        allow: Some(patterns(&["new", "other:*"])),
        ..renaming(&[("old", "new"), ("new:gone", "x"), ("y", "other:y")])
    };
    assert_scope(&normalize, "scope=old+new:gone+y+z", "new other:y");
    let account = account(&normalize, "scope=old+new:gone+y+z");
    assert_eq!(names(&account.removed), ["new:gone", "z"]);
    let renamed = [(token("old"), token("new")), (token("y"), token("other:y"))];
    assert_eq!(account.renamed, renamed);
}

#[test]
fn rename_makes_duplicates_that_go() {
    let normalize = renaming(&[("a", "n"), ("b", "n")]);
    assert_scope(&normalize, "scope=a+b+n+c", "n c");
    assert_scope(&normalize, "scope=n+b", "n");
    let renamed = account(&normalize, "scope=n+b+b").renamed;
    assert_eq!(renamed, [(token("b"), token("n"))]);
}

#[test]
fn rename_is_one_step() {
    let swap = renaming(&[("a", "b"), ("b", "a")]);
    assert_scope(&swap, "scope=a+b", "b a");
    assert_eq!(lists(&renaming(&[("a", "a")]), "scope=a"), None);
}

#[test]
fn allow_is_exact_or_a_prefix() {
    let normalize = Normalize {
        allow: Some(patterns(&["user:read", "meeting:*"])),
        ..Normalize::default()
    };
    let query = "scope=user:read:admin+meeting:+meeting+user:read+meeting:a+User:read";
    assert_scope(&normalize, query, "meeting: user:read meeting:a");
    assert_eq!(
        names(&account(&normalize, query).removed),
        ["user:read:admin", "meeting", "User:read"]
    );
}

#[test]
fn allow_of_nothing_takes_the_parameter() {
    let none = Normalize {
        allow: Some(ScopePatterns::default()),
        ..Normalize::default()
    };
    for query in ["scope=a+b", "scope=", "scope", "scope&scope=,"] {
        assert_eq!(lists(&none, query), Some((None, None)), "{query:?}");
    }
    assert_eq!(lists(&none, "optional_scope=a"), None);
}

#[test]
fn optional_moves_and_need_not_be_allowed() {
    let normalize = Normalize {
        allow: Some(patterns(&["a"])),
        optional: patterns(&["o:*", "n"]),
        ..renaming(&[("old", "n")])
    };
    let moved = |scope: Option<&str>, optional: &str| {
        Some((scope.map(str::to_owned), Some(optional.to_owned())))
    };
    assert_eq!(
        lists(&normalize, "scope=o:1+a+x+old+o:1"),
        moved(Some("a"), "o:1 n")
    );
    assert_eq!(lists(&normalize, "scope=o:1"), moved(None, "o:1"));
    let account = account(&normalize, "scope=o:1+a+x+old");
    assert_eq!(names(&account.optional), ["o:1", "n"]);
    assert_eq!(names(&account.kept), ["a"]);
    assert_eq!(names(&account.removed), ["x"]);
}

#[test]
fn optional_wins_over_allow() {
    let normalize = Normalize {
        allow: Some(patterns(&["*"])),
        optional: patterns(&["b"]),
        ..Normalize::default()
    };
    let expected = Some((Some("a".to_owned()), Some("b".to_owned())));
    assert_eq!(lists(&normalize, "scope=a+b"), expected);
}

#[test]
fn optional_joins_what_is_there() {
    let normalize = Normalize {
        separator: Separator::Comma,
        optional: patterns(&["o:*"]),
        ..Normalize::default()
    };
    let optional = |query| lists(&normalize, query).unwrap().1;
    let query = "scope=a+o:1+o:2&optional_scope=z+o:2&optional_scope=y";
    assert_eq!(optional(query).as_deref(), Some("z,o:2,y,o:1"));
    // Nothing is new to it, so its spelling stays.
    assert_eq!(optional("scope=o:1&optional_scope=z++o:1"), None);
    assert_eq!(optional("scope=b+a&optional_scope=z++z"), None);
    // What the app asked for as optional is not this policy's to change.
    assert_eq!(lists(&normalize, "scope=a&optional_scope=z++z"), None);
}

#[test]
fn client_has_the_policy_of_its_entry_under_all_its_ids() {
    let mut policies = Policies::new(Policy::Strip, false);
    policies
        .insert(client(&["one", "two"], Policy::Keep))
        .unwrap();
    let policy = |query| decide(&policies, query, |decision| decision.policy.name());
    assert_eq!(policy("client_id=one&scope=a"), "keep");
    assert_eq!(policy("scope=a&client_id=%74wo"), "keep");
    for query in [
        "client_id=on&scope=a",
        "client_id=ONE&scope=a",
        "client_id=one+&scope=a",
        "xclient_id=one&scope=a",
        "scope=a#client_id=one",
    ] {
        assert_eq!(policy(query), "strip", "{query:?}");
    }
}

#[test]
fn no_client_id_or_two_different_ones_get_the_default() {
    let mut policies = Policies::new(Policy::Strip, false);
    policies
        .insert(client(&["one", "two"], Policy::Keep))
        .unwrap();
    let look = |query| {
        decide(&policies, query, |decision| {
            (decision.policy.name(), decision.client.is_some())
        })
    };
    assert_eq!(look("scope=a"), ("strip", false));
    assert_eq!(look("client_id=&scope=a"), ("strip", false));
    // Two ids of one client are two different ones all the same.
    assert_eq!(look("client_id=one&client_id=two"), ("strip", false));
    assert_eq!(look("client_id=one&client_id=one"), ("keep", true));
    assert_eq!(look("client_id=one&client_id="), ("keep", true));
}

#[test]
fn second_entry_for_an_id_is_refused_whole() {
    let mut policies = Policies::default();
    policies.insert(client(&["a"], Policy::Keep)).unwrap();
    let refused = policies.insert(client(&["b", "a"], Policy::Strip));
    assert_eq!(refused, Err(DuplicateId("a".to_owned())));
    assert_eq!(policies.clients().count(), 1);
    assert_eq!(policies.insert(client(&["b"], Policy::Strip)), Ok(()));
}

#[test]
fn dry_run_is_the_clients_or_everyones() {
    let mut policies = Policies::new(Policy::Strip, false);
    let mut dry = client(&["dry"], Policy::Strip);
    dry.dry_run = true;
    policies.insert(dry).unwrap();
    let look = |policies: &Policies, query: &str| {
        decide(policies, query, |decision| {
            (decision.dry_run, decision.wants_change())
        })
    };
    assert_eq!(look(&policies, "client_id=dry&scope=a"), (true, true));
    assert_eq!(look(&policies, "client_id=other&scope=a"), (false, true));
    let all = Policies::new(Policy::Strip, true);
    assert_eq!(look(&all, "scope=a"), (true, true));
    assert_eq!(look(&all, "client_id=a"), (true, false));
}

#[test]
fn request_object_is_told_and_the_rest_is_done() {
    for query in ["scope=a&request=x", "request_uri=urn:a&scope=a"] {
        decide(&Policies::default(), query, |decision| {
            assert!(decision.request.has_request_object && decision.wants_change());
            assert!(decision.reason().contains("request object"));
        });
    }
    decide(&Policies::default(), "scope=a&xrequest=b", |decision| {
        assert!(!decision.request.has_request_object);
    });
}

#[test]
fn reason_names_whose_policy_it_is_and_what_it_does() {
    let mut policies = Policies::new(Policy::Strip, false);
    let mut named = client(&["a"], Policy::Keep);
    named.name = Some("calendar".to_owned());
    policies.insert(named).unwrap();
    let reason = |query| decide(&policies, query, |decision| decision.reason());
    assert_eq!(
        reason("client_id=a&scope=x"),
        "client `calendar`: keep, the scope stays as it is"
    );
    assert_eq!(
        reason("client_id=b&scope=x"),
        "no entry for this client_id, so the default: strip, the scope parameter goes"
    );
    assert_eq!(
        reason(""),
        "no client_id, so the default: strip, there is no scope to change"
    );
}

#[test]
fn policies_say_whether_they_may_change_anything() {
    let with = |default, policy, dry_run| {
        let mut policies = Policies::new(default, false);
        let client = Client {
            dry_run,
            ..client(&["a"], policy)
        };
        policies.insert(client).unwrap();
        policies.may_change()
    };
    assert!(Policies::default().may_change() && Policies::new(Policy::Strip, false).may_change());
    assert!(!Policies::new(Policy::Strip, true).may_change());
    assert!(!Policies::new(Policy::Keep, false).may_change());
    assert!(with(Policy::Keep, Policy::Strip, false));
    assert!(!with(Policy::Keep, Policy::Strip, true));
    assert!(!with(Policy::Keep, Policy::Keep, false));
    assert!(with(Policy::Strip, Policy::Keep, true));
}
