//! The suite that every backend runs: a function a sentence, and one line that runs them all:
//!
//! ```text
//! async fn subject() -> catalog_store::conformance::Subject { /* an empty database of its own */ }
//! catalog_store::conformance!(subject);
//! ```
//!
//! A new sentence is written into its module and into the list of [`conformance!`](crate::conformance!); a test of
//! this crate fails if it is not in the list. Random tests print their seed; `PANGOLIN_TEST_SEED` repeats one, and
//! `PANGOLIN_TEST_FACTOR` multiplies the rounds.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "these are tests"
)]

use std::any::Any;
use std::sync::Arc;

use crate::CatalogStore;

pub mod access;
pub mod changes;
pub mod commits;
pub mod graph;
pub mod history;
pub mod idempotency;
pub mod intents;
pub mod locations;
pub mod merges;
pub mod model;
pub mod purges;
pub mod races;
pub mod refs;
pub mod retention;
pub mod retention_model;
pub mod tokens;
pub mod tree;
pub mod warehouses;

pub mod chance;
mod pages;
mod things;

/// An empty, migrated database that no other test uses.
pub struct Subject {
    /// The store.
    pub store: Arc<dyn CatalogStore>,
    /// Another store over the same database, with connections of its own: what another replica of the server has.
    pub replica: Arc<dyn CatalogStore>,
    /// Dropped after the stores: what removes the database.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Subject {
    /// The store for even numbers, the replica for odd ones.
    fn either(&self, n: usize) -> &Arc<dyn CatalogStore> {
        if n.is_multiple_of(2) { &self.store } else { &self.replica }
    }
}

/// A `#[tokio::test]` for each sentence. `$subject` is an async function without arguments that makes a
/// [`Subject`](crate::conformance::Subject); the crate needs tokio's features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance {
    ($subject:ident) => {
        $crate::conformance! { @each $subject
            access {
                one_call_finds_token_warehouse_and_branch
                what_is_not_asked_for_or_not_there_is_none
                a_branch_is_looked_for_only_in_the_warehouse_that_was_asked_for
                a_revoked_and_an_expired_token_are_found_too
                the_databases_clock_goes_forward
                the_database_is_ready
            }
            warehouses {
                a_put_makes_the_warehouse_and_its_branch_main
                what_was_put_is_what_is_read
                the_same_put_again_changes_nothing
                a_put_with_another_revision_updates_the_row
                a_live_other_owner_is_not_robbed_unless_it_is_asked_for
                take_over_across_namespaces_is_refused
                replicas_agree_on_the_catalogs_uid
                a_detached_warehouse_is_adopted_by_the_next_owner
                only_its_owner_detaches_a_warehouse
                a_location_cannot_be_changed
                locations_of_warehouses_never_overlap
                of_equal_puts_at_once_one_creates
                of_overlapping_puts_at_once_one_wins
                warehouses_are_listed_by_name_whatever_the_page_size
                branches_are_listed_of_one_warehouse_only
            }
            refs {
                a_branch_begins_as_its_origin_is_and_goes_its_own_way
                a_branch_has_at_most_sixteen_ancestors
                branches_and_tags_share_their_names
                what_is_not_there_cannot_be_forked_or_tagged
                a_branch_is_renamed_and_protected
                a_protected_branch_is_not_deleted_and_the_name_of_a_deleted_one_is_free
                main_can_be_neither_renamed_nor_deleted
                what_a_deleted_branch_showed_goes_on_in_its_forks_and_tags
                a_tag_never_moves
                an_expression_is_a_name_a_time_or_a_commit
                a_branch_at_a_time_before_it_was_made_is_its_ancestor
                refs_are_listed_by_name_whatever_the_page_size
                of_equal_names_at_once_one_is_made
                a_fork_made_while_others_commit_shows_one_state
                each_change_of_a_ref_is_told
            }
            tree {
                a_key_is_what_its_newest_commit_says
                a_dropped_key_is_gone_and_can_come_back
                a_past_view_shows_what_was_there
                properties_and_names_come_back_as_they_were_put
                names_sort_by_bytes
                a_namespace_and_a_table_may_share_a_name
                only_direct_children_of_the_asked_kind_are_listed
                names_at_the_limits_are_kept_whole
                a_cursor_that_is_none_is_refused
                a_page_beyond_the_end_is_empty
                metadata_that_any_version_names_is_told
            }
            history {
                a_log_is_filtered_by_author_time_and_what_was_changed
                the_ancestry_of_a_commit_goes_on_into_the_branches_that_it_came_from
                children_of_a_commit_are_told_on_all_branches
                a_commit_shows_what_was_before_and_after
                a_diff_is_what_leads_from_one_state_to_the_other
                a_diff_the_other_way_round_has_before_and_after_change_places
                keys_that_a_range_of_commits_touched_are_told_once
                what_was_dropped_is_listed_and_can_be_put_back
                where_a_commit_comes_from_is_recorded
                heads_names_and_the_commits_of_versions_are_told_for_many_at_once
            }
            merges {
                a_merge_brings_what_the_source_did_in_one_commit
                what_both_sides_changed_is_reported_and_a_mode_decides
                merges_in_both_directions_begin_where_the_last_one_ended
                a_conflict_that_was_decided_is_not_asked_about_again
                what_came_by_way_of_a_third_branch_is_known
                a_namespace_that_one_side_dropped_stops_what_the_other_did_in_it
                a_table_that_both_sides_renamed_is_not_there_twice
                a_target_that_moved_since_it_was_compared_is_a_conflict
                one_commit_is_picked_and_taken_back
                a_drop_is_taken_back_and_what_was_changed_since_is_not
            }
            graph {
                random_histories_branch_and_merge_as_a_model_says
            }
            model {
                random_trees_read_as_a_model_says
                a_branch_sees_its_ancestor_as_it_was_at_the_fork
            }
            commits {
                each_request_has_its_answer_in_order
                a_commit_that_was_applied_is_known_by_its_id
                commits_form_a_chain_that_the_log_tells_backwards
                time_never_goes_back
                losers_do_not_hinder_winners_and_leave_no_trace
                a_group_without_a_winner_writes_nothing
                a_conflict_says_what_is_there
                the_same_id_is_applied_only_once
                one_bad_member_does_not_fail_its_group
                a_branch_that_is_not_there_is_a_certain_loss
                an_empty_group_has_no_answers
                a_big_group_is_applied_whole
                a_namespace_with_many_dropped_tables_is_empty
                a_commit_is_seen_whole_or_not_at_all
                a_caller_that_gives_up_tears_nothing
            }
            locations {
                equal_lower_and_higher_locations_are_taken
                siblings_and_wildcards_do_not_overlap
                a_location_is_exclusive_across_warehouses
                a_drop_lets_locations_go_and_a_rename_keeps_them
                a_drop_keeps_the_locations_of_what_another_branch_or_a_tag_shows
                a_content_holds_what_it_ever_held_until_it_is_dropped
                what_comes_back_can_be_asked_to_hold_locations
                a_content_that_widens_its_location_is_stopped_by_its_neighbours
                of_claims_at_once_one_wins
                claims_and_puts_of_warehouses_at_once_do_not_wait_in_a_circle
            }
            idempotency {
                a_mark_is_there_exactly_if_its_commit_is
                a_request_that_comes_again_is_not_applied
                principals_and_warehouses_do_not_share_keys
                an_expired_mark_is_as_none_and_can_be_written_again
                a_mark_without_a_commit_is_written_once
                of_equal_requests_at_once_one_is_applied
                expired_marks_are_deleted_in_batches
            }
            purges {
                a_head_shows_the_newest_version_alone
                a_window_shows_what_was_there_within_it
                a_tag_and_a_fork_show_what_was_there
                a_content_that_goes_on_on_two_branches_ends_twice
                a_fork_or_tag_made_while_a_purge_begins_is_not_overlooked
                a_drop_with_a_purge_leaves_one_to_be_taken
                a_purge_is_in_one_hand_until_its_lease_ends
                a_purge_waits_for_what_the_window_shows
                what_comes_back_takes_its_purge_back
                what_is_purged_does_not_come_back_and_holds_its_locations_to_the_end
                a_fork_or_tag_made_while_a_commit_looks_at_others_is_not_overlooked
                a_put_off_purge_lets_the_next_one_pass
                a_contents_first_last_and_all_metadata_files_are_told
            }
            intents {
                old_intents_of_a_warehouse_are_told_in_pages
                an_intent_is_forgotten_once
                a_file_is_condemned_or_withdrawn_and_never_both
            }
            retention {
                the_first_sweep_raises_the_floors_and_the_next_one_deletes
                what_a_tag_or_a_fork_shows_stays_until_they_go
                nothing_begins_before_the_floor
                a_floor_never_goes_down_and_without_policy_there_is_none
                of_what_was_dropped_nothing_stays_behind
                what_hides_an_ancestors_table_stays
                locations_go_with_the_last_version
                what_a_purge_needs_stays_until_it_has_ended
                of_a_deleted_branch_nothing_stays_that_nobody_shows
                the_next_merge_still_finds_where_the_last_one_ended
                a_sweep_is_in_one_hand_until_its_lease_ends
                a_fork_in_the_past_made_while_a_sweep_runs_is_whole_or_refused
            }
            retention_model {
                random_trees_lose_only_what_nobody_shows
            }
            races {
                a_table_never_ends_up_in_a_dropped_namespace
                of_sixteen_writers_one_wins_each_location
                of_two_who_bring_a_table_back_under_two_names_one_wins
                two_replicas_make_one_chain
                sixteen_writers_through_group_commit_all_win
            }
            tokens {
                a_token_is_written_once
                an_id_belongs_to_one_token
                of_equal_puts_at_once_one_creates
                the_newest_revision_is_told_whether_active_or_not
                confirming_caps_older_revisions_and_never_prolongs_them
                what_is_not_there_cannot_be_confirmed
                revoking_ends_all_tokens_of_an_owner_and_of_nobody_else
                expiry_is_exact
                active_tokens_are_listed_in_order_whatever_the_page_size
                active_tokens_of_one_user_are_listed_alone
                expired_tokens_are_deleted_in_batches
                a_sweep_whose_clock_is_ahead_deletes_nothing_that_the_databases_clock_lets_in
            }
            changes {
                each_mutation_is_told_and_nothing_else
                a_commit_is_not_told
                a_follower_misses_nothing_while_many_write
                what_is_told_wakes_each_follower
                old_changes_are_deleted_and_the_feed_goes_on
            }
        }
    };
    (@each $subject:ident $($module:ident { $($sentence:ident)* })*) => {
        $(mod $module {
            $(#[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() {
                let subject = super::$subject().await;
                $crate::conformance::$module::$sentence(&subject).await;
            })*
        })*
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_sentence_is_forgotten_in_the_list() {
        let list = include_str!("mod.rs");
        let modules = [
            include_str!("access.rs"),
            include_str!("changes.rs"),
            include_str!("commits.rs"),
            include_str!("graph.rs"),
            include_str!("history.rs"),
            include_str!("idempotency.rs"),
            include_str!("intents.rs"),
            include_str!("locations.rs"),
            include_str!("merges.rs"),
            include_str!("model.rs"),
            include_str!("purges.rs"),
            include_str!("races.rs"),
            include_str!("refs.rs"),
            include_str!("retention.rs"),
            include_str!("retention_model.rs"),
            include_str!("tokens.rs"),
            include_str!("tree.rs"),
            include_str!("warehouses.rs"),
        ];
        let sentences = modules.iter().flat_map(|source| source.split("pub async fn ").skip(1));
        let names: Vec<_> = sentences.filter_map(|rest| rest.split('(').next()).collect();
        let listed = |name: &&&str| list.lines().any(|line| line.trim() == **name);
        let forgotten: Vec<_> = names.iter().filter(|name| !listed(name)).collect();
        assert!(forgotten.is_empty(), "{forgotten:?}");
        assert!(names.len() > 50, "only {} sentences found", names.len());
    }
}
