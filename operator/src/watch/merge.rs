//! The watches of several namespaces as one: a store takes the beginning of a list for the beginning of everything, so
//! there may be only one.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::Event;

/// What each watch has said so far.
pub(super) struct Merge<K: Resource> {
    parts: Vec<Part<K>>,
    /// All first lists are complete.
    complete: bool,
}

struct Part<K: Resource> {
    known: HashMap<ObjectRef<K>, K>,
    /// The keys of a list that has begun and not ended.
    listed: Option<HashSet<ObjectRef<K>>>,
    complete: bool,
}

impl<K> Merge<K>
where
    K: Resource<DynamicType: Clone + Default + Eq + Hash> + Clone,
{
    pub(super) fn new(parts: usize) -> Self {
        let part = || Part { known: HashMap::new(), listed: None, complete: false };
        Self { parts: (0..parts).map(|_| part()).collect(), complete: false }
    }

    /// What one watch says → what the whole says. The first list of the whole comes when all parts have theirs; later
    /// lists of a part become changes and deletions.
    pub(super) fn step(&mut self, part: usize, event: Event<K>) -> Vec<Event<K>> {
        let Some(one) = self.parts.get_mut(part) else { return Vec::new() };
        let events = one.step(event);
        if self.complete {
            return events;
        }
        self.complete = self.parts.iter().all(|part| part.complete);
        if !self.complete {
            return Vec::new();
        }
        let all = self.parts.iter().flat_map(|part| part.known.values().cloned().map(Event::InitApply));
        std::iter::once(Event::Init).chain(all).chain([Event::InitDone]).collect()
    }
}

impl<K> Part<K>
where
    K: Resource<DynamicType: Clone + Default + Eq + Hash> + Clone,
{
    fn step(&mut self, event: Event<K>) -> Vec<Event<K>> {
        let key = |object: &K| ObjectRef::from_obj_with(object, K::DynamicType::default());
        match event {
            Event::Init => {
                self.listed = Some(HashSet::new());
                Vec::new()
            }
            Event::InitApply(object) => {
                if let Some(listed) = &mut self.listed {
                    listed.insert(key(&object));
                }
                self.known.insert(key(&object), object.clone());
                vec![Event::Apply(object)]
            }
            Event::InitDone => {
                self.complete = true;
                let listed = self.listed.take().unwrap_or_default();
                let gone: Vec<_> = self.known.keys().filter(|key| !listed.contains(key)).cloned().collect();
                gone.iter().filter_map(|key| self.known.remove(key)).map(Event::Delete).collect()
            }
            Event::Apply(object) => {
                self.known.insert(key(&object), object.clone());
                vec![Event::Apply(object)]
            }
            Event::Delete(object) => {
                self.known.remove(&key(&object));
                vec![Event::Delete(object)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::ResourceExt as _;

    fn object(namespace: &str, name: &str) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.namespace = Some(namespace.into());
        object.metadata.name = Some(name.into());
        object
    }

    /// In an order that does not depend on a hash.
    fn say(events: Vec<Event<ConfigMap>>) -> Vec<String> {
        let name = |object: ConfigMap| format!("{}/{}", object.namespace().unwrap(), object.name_any());
        let say = |event| match event {
            Event::Init => "0 begin".to_owned(),
            Event::InitApply(object) => format!("1 {}", name(object)),
            Event::InitDone => "2 end".to_owned(),
            Event::Apply(object) => format!("+{}", name(object)),
            Event::Delete(object) => format!("-{}", name(object)),
        };
        let mut said: Vec<_> = events.into_iter().map(say).collect();
        said.sort();
        said
    }

    fn merged() -> Merge<ConfigMap> {
        let mut merge = Merge::new(2);
        for event in [Event::Init, Event::InitApply(object("a", "x")), Event::InitDone] {
            assert!(merge.step(0, event).is_empty());
        }
        // While the other one still lists.
        assert!(merge.step(0, Event::Apply(object("a", "y"))).is_empty());
        assert!(merge.step(0, Event::Delete(object("a", "x"))).is_empty());
        merge.step(1, Event::Init);
        merge.step(1, Event::InitApply(object("b", "x")));
        assert_eq!(say(merge.step(1, Event::InitDone)), ["0 begin", "1 a/y", "1 b/x", "2 end"]);
        merge
    }

    #[test]
    fn the_whole_begins_when_all_parts_have_listed() {
        merged();
    }

    #[test]
    fn changes_pass_through() {
        let mut merge = merged();
        assert_eq!(say(merge.step(1, Event::Apply(object("b", "z")))), ["+b/z"]);
        assert_eq!(say(merge.step(0, Event::Delete(object("a", "y")))), ["-a/y"]);
    }

    #[test]
    fn a_list_after_a_broken_watch_deletes_what_is_gone_of_its_own_part_only() {
        let mut merge = merged();
        assert!(merge.step(0, Event::Init).is_empty());
        assert_eq!(say(merge.step(0, Event::InitApply(object("a", "new")))), ["+a/new"]);
        assert_eq!(say(merge.step(0, Event::InitDone)), ["-a/y"]);
    }
}
