"""Which rules a study is judged by, and as what: in scope, adopted, or its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from accessgis.assess.assessment import Basis, RuleRecord
from accessgis.base.errors import UsageError
from accessgis.network.profiles import DISTANCE, STRAIGHT
from accessgis.standards.catalogue import Catalogue, applies, load_catalogue, read_rules, stage
from accessgis.standards.model import Standard
from accessgis.study.model import Study, TargetTable

PROFILE_JOINER = "+"
Sharing = Literal["neighbours", "none"]
"""Whether people may use facilities across the county line: as each rule has it, or those of their own county only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRule:
    """A standard as one study applies it."""

    standard: Standard
    basis: Basis
    basis_note: str
    target: TargetTable | None
    own_only: bool = False
    """Whether the run was asked to leave out facilities of neighbouring counties."""

    @property
    def headline_profile(self) -> str:
        """Label of the rule's own profile list."""
        return PROFILE_JOINER.join(self.own_profiles)

    @property
    def own_profiles(self) -> tuple[str, ...]:
        """Profiles that the rule is judged by: the traveller's, or for a rule in metres how they are counted."""
        rule = self.standard
        if rule.metric == "straight-line":
            return (STRAIGHT,)
        if rule.metric == "network-distance":
            return tuple(f"{profile}{DISTANCE}" for profile in rule.profiles)
        return rule.profiles


def choose_rules(study: Study) -> tuple[tuple[ChosenRule, ...], Catalogue]:
    """Return the rules of a study: those in scope (or named by ``use``), then adopted, then own.

    Rules with a target come first, expired ones last.

    Raises
    ------
    UsageError
        AG2050 nothing that ``use`` names is in scope, AG2052 a target names a rule that the study does not apply,
        AG2053 no rule applies, AG2060 a rule has two targets, AG2061 one is set for a rule
        that is no share; AG21xx a rule that does not exist, or a rule file that is wrong.
    """
    catalogue = load_catalogue()
    file = study.file
    in_scope = catalogue.in_scope(file.study.code, file.study.data_date, named=file.standards.use or ())
    if file.standards.use is not None:
        in_scope = tuple(_used(in_scope, file.standards.use, catalogue, study))
    chosen: dict[str, tuple[Standard, Basis, str]] = {rule.id: (rule, "in_scope", "") for rule in in_scope}
    for adopted in file.standards.adopt:
        if adopted.id not in chosen:
            chosen[adopted.id] = (_find(catalogue, adopted.id, study, key="standards.adopt"), "adopted", adopted.basis)
    for index, text in enumerate(file.standards.files):
        own = read_rules(study.locate(text, key=f"standards.files[{index + 1}]"), label=text)
        catalogue = catalogue.extended(own, label=text)
        for rule in own:
            if applies(rule, file.study.code, file.study.data_date):
                chosen.pop(rule.replaces or "", None)
                chosen[rule.id] = (rule, "own", text)
    if not chosen:
        raise UsageError("AG2053", file=study.path.name, area=file.study.code)
    targets = {target.rule: target for target in file.targets}
    if len(targets) < len(file.targets):
        names = [target.rule for target in file.targets]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError("AG2060", file=study.path.name, key="targets", rule=twice)
    for rule_id in targets:
        if rule_id not in chosen:
            raise UsageError("AG2052", file=study.path.name, key="targets", rule=rule_id)
        kind = chosen[rule_id][0].kind
        if kind not in ("circle", "presence", "share"):
            raise UsageError("AG2061", file=study.path.name, key="targets", rule=rule_id, kind=kind)
    rules = tuple(
        ChosenRule(standard=rule, basis=basis, basis_note=note, target=targets.get(rule_id))
        for rule_id, (rule, basis, note) in chosen.items()
    )
    return tuple(sorted(rules, key=lambda chosen: _reading_order(chosen, study))), catalogue


def with_sharing(rules: Sequence[ChosenRule], sharing: Sharing) -> tuple[ChosenRule, ...]:
    """Return rules under which people use the facilities of their own county only; or the rules as they are."""
    if sharing == "neighbours":
        return tuple(rules)
    return tuple(
        replace(
            chosen,
            own_only=True,
            standard=replace(chosen.standard, sharing="county")
            if chosen.standard.sharing == "any"
            else chosen.standard,
        )
        if chosen.standard.kind == "circle"
        else chosen
        for chosen in rules
    )


def _reading_order(chosen: ChosenRule, study: Study) -> tuple[bool, bool]:
    """Put what can be met or missed first and what has expired last; otherwise the order stays."""
    expired = stage(chosen.standard, study.file.study.data_date) == "expired"
    rule = chosen.standard
    return expired, chosen.target is None and rule.target is None and rule.value is None and not rule.units


def _find(catalogue: Catalogue, name: str, study: Study, *, key: str) -> Standard:
    """Return a rule by its id, or say where in the study a rule or plan is named that does not exist."""
    try:
        if "/" not in name:
            catalogue.of_source(name)
        return catalogue.find(name)
    except UsageError as error:
        raise error.placed(file=study.path.name, key=key) from error


def _used(in_scope: tuple[Standard, ...], use: tuple[str, ...], catalogue: Catalogue, study: Study) -> list[Standard]:
    sources = {source.id for source in catalogue.sources}
    for name in use:
        if name not in sources:
            _find(catalogue, name, study, key="standards.use")
    kept = [rule for rule in in_scope if rule.source in use or rule.id in use]
    outside = [name for name in use if not any(name in (rule.source, rule.id) for rule in in_scope)]
    if outside:
        raise UsageError(
            "AG2050", file=study.path.name, key="standards.use", rule=outside[0], area=study.file.study.code
        )
    return kept


def record(chosen: ChosenRule, study: Study, catalogue: Catalogue) -> RuleRecord:
    """Return what pages and ``assessment.json`` say of a rule."""
    rule = chosen.standard
    target = chosen.target
    kinds = tuple(dict.fromkeys(kind for kinds in rule.facilities_any for kind in kinds))
    return RuleRecord(
        rule=rule.id,
        rule_kind=rule.kind,
        title=rule.title,
        source=rule.source,
        source_title=catalogue.source_title(rule),
        section=rule.section,
        scope=rule.scope,
        basis=chosen.basis,
        basis_note=chosen.basis_note,
        force=rule.force,
        horizon=rule.horizon,
        stage=stage(rule, study.file.study.data_date),
        kinds=kinds,
        where=rule.where,
        group=rule.group,
        profiles=rule.profiles,
        headline_profile=chosen.headline_profile,
        direction=rule.direction,
        limit_s=rule.limit_s,
        limit_m=rule.limit_m,
        metric=rule.metric,
        sharing=rule.sharing,
        target=target.share if target else rule.target,
        target_level=target.level if target else rule.target_level,
        target_basis=target.basis if target else "",
        assumed=rule.assumed,
        parts=rule.facilities_any,
        op=rule.op,
        value=rule.value,
        units=rule.units,
        having=rule.having,
        presence=rule.presence,
        amount=rule.amount,
        statistic=rule.statistic,
        category=rule.category,
        nature=rule.nature,
        lead=rule.lead,
        baselines=rule.baselines,
    )
