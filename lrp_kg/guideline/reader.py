"""Reads the graph of a guideline folder into frozen data, with every problem at its file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lrp_kg.durations import MEASURES, parse_period
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline import criteria
from lrp_kg.guideline.criteria import Expression
from lrp_kg.guideline.index import Graph, Index, Node, content_hash, iri
from lrp_kg.guideline.model import (
    POLICIES,
    Box,
    Caution,
    Condition,
    Criterion,
    Decision,
    Derived,
    Edition,
    Fact,
    FactKey,
    Field,
    Guideline,
    OpenPoint,
    Option,
    Programme,
    Roles,
    Statement,
    Term,
    TimeLimit,
    Value,
)
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import CP, DCTERMS, OWL, PATIENT_RECORD, RDFS, SH, SKOS, XSD, local_name
from lrp_kg.words import Text, in_every_language


def read_guideline(index: Index) -> Guideline:
    """Return what the modules of a guideline say; raise `GuidelineError` with every finding, with file and line."""
    return _Reader(index.graph, index.positions).read(index)


@dataclass
class _Reader:
    graph: Graph
    positions: Positions
    findings: list[Finding] = field(default_factory=list)
    known_classes: frozenset[str] = frozenset()

    def complain(self, name: str, node: Node, message: str) -> None:
        where = self.positions.where(node.value)
        term = "" if node.is_blank else node.value
        self.findings.append(Finding(name, f"{local_name(node.value)}: {message}", where, term=term))

    # -- single values ------------------------------------------------------------------------

    def label(self, node: Node) -> Text:
        return self.graph.texts(node, RDFS + "label")

    def text(self, node: Node, predicate: str) -> str:
        found = self.graph.one(node, predicate)
        return found.value if found else ""

    def identifier(self, node: Node) -> str:
        return self.text(node, DCTERMS + "identifier") or local_name(node.value)

    def required(self, node: Node, predicate: str) -> Node:
        found = self.graph.one(node, predicate)
        if found is None:
            self.complain("value-missing", node, f"needs a {local_name(predicate)}.")
            return Node("iri", "")
        return found

    def integer(self, node: Node, predicate: str, default: int = 0) -> int:
        found = self.graph.one(node, predicate)
        if found is None:
            return default
        try:
            return int(found.value)
        except ValueError:
            self.complain("not-an-integer", node, f"{local_name(predicate)} {found.value!r} is not an integer.")
            return default

    def class_of(self, node: Node, predicate: str) -> str | None:
        found = self.graph.one(node, predicate)
        return found.value if found else None

    def term(self, node: Node) -> Term:
        return Term(node.value, self.identifier(node), self.label(node))

    def terms(self, cls: str) -> dict[str, Term]:
        return {n.value: self.term(n) for n in self.graph.instances(CP + cls)}

    def labels(self, cls: str) -> dict[str, Text]:
        return {self.identifier(n): self.label(n) for n in self.graph.instances(CP + cls)}

    # -- the record ---------------------------------------------------------------------------

    def values(self, node: Node) -> tuple[Value, ...]:
        list_class = self.graph.one(node, RDFS + "range")
        members = self.graph.instances(list_class.value) if list_class else []
        return tuple(
            Value(m.value, self.text(m, SKOS + "notation"), self.label(m), self.class_of(m, CP + "expandsTo"))
            for m in members
        )

    def shape_facts(self) -> tuple[dict[str, set[str]], dict[str, dict[str, int]], list[tuple[str, str]]]:
        datatypes: dict[str, set[str]] = {}
        bounds: dict[str, dict[str, int]] = {}
        orders = []
        for shape, predicates in self.graph.by_subject.items():
            path = self.graph.one(shape, SH + "path")
            if path is None or path.is_blank:
                continue
            for datatype in predicates.get(SH + "datatype", []):
                datatypes.setdefault(path.value, set()).add(datatype.value)
            for bound in ("minInclusive", "maxInclusive"):
                for limit in predicates.get(SH + bound, []):
                    if limit.is_integer:
                        bounds.setdefault(path.value, {})[bound] = int(limit.value)
            orders += [(path.value, later.value) for later in predicates.get(SH + "lessThanOrEquals", [])]
        return datatypes, bounds, orders

    def read_fields(self) -> tuple[dict[str, Field], list[tuple[str, str]]]:
        datatypes, bounds, orders = self.shape_facts()
        kinds = {
            XSD + "boolean": "boolean",
            XSD + "integer": "integer",
            XSD + "date": "date",
            XSD + "string": "string",
        }
        fields = {}
        g = self.graph
        lists = {n.value for n in g.instances(CP + "ListField")}
        for node in g.instances(CP + "Field") + g.instances(CP + "ListField"):
            values = self.values(node)
            kind = "values" if node.value in lists else "value" if values else ""
            if not kind:
                types = {o.value for o in g.all(node, RDFS + "range")} | datatypes.get(node.value, set())
                kind = next((kinds[t] for t in sorted(types) if t in kinds), "")
            if not kind:
                self.complain(
                    "field-without-type",
                    node,
                    "has neither a value list, a range, nor a sh:datatype in shapes/.",
                )
            fields[node.value] = Field(
                node.value,
                local_name(node.value),
                self.label(node),
                kind,
                values,
                g.texts(node, CP + "question"),
                g.texts(node, CP + "hint"),
                tuple(self.term(n) for n in g.all(node, CP + "considers")),
                self.integer(node, CP + "askOrder") or None,
                self.class_of(node, CP + "askIf"),
                tuple(o.value for o in g.all(node, CP + "implies")),
                bounds.get(node.value, {}).get("minInclusive"),
                bounds.get(node.value, {}).get("maxInclusive"),
            )
        return fields, orders

    def read_derived(self, fields: dict[str, Field]) -> dict[str, Derived]:
        derived = {}
        for node in self.graph.instances(CP + "DerivedProperty"):
            start, end = (self.required(node, CP + p).value for p in ("from", "to"))
            measure = local_name(self.required(node, CP + "measure").value)
            for name in (start, end):
                if name and (name not in fields or fields[name].kind != "date"):
                    self.complain("derived-from-no-date", node, f"{local_name(name)} is not a date field.")
            if measure not in MEASURES:
                self.complain("unknown-measure", node, f"{measure} is not one of {', '.join(MEASURES)}.")
            derived[node.value] = Derived(node.value, local_name(node.value), self.label(node), start, end, measure)
        return derived

    # -- conditions ---------------------------------------------------------------------------

    def read_conditions(self, readable: set[str], values: dict[str, set[str]]) -> dict[str, Condition]:
        conditions: dict[str, Condition] = {}
        for node in self.graph.instances(OWL + "Class"):
            if node.is_blank or not criteria.is_condition(self.graph, node):
                continue
            try:
                expression = criteria.equivalent_class(self.graph, node)
            except criteria.NotAllowed as error:
                self.complain("expression-not-allowed", node, str(error))
                continue
            if expression is None:
                self.complain("condition-without-definition", node, "needs an owl:equivalentClass.")
                continue
            conditions[node.value] = Condition(node.value, local_name(node.value), self.label(node), expression)
        for name, condition in conditions.items():
            for part in criteria.walk(condition.expression):
                if isinstance(part, (criteria.Has, criteria.Between)) and part.field not in readable:
                    self.complain("unknown-field", iri(name), f"{local_name(part.field)} is not a field.")
                elif isinstance(part, criteria.Named) and part.iri not in conditions:
                    self.complain("unknown-condition", iri(name), f"{local_name(part.iri)} is not defined.")
                elif isinstance(part, criteria.Has) and isinstance(part.value, str):
                    if part.value not in values.get(part.field, set()):
                        self.complain(
                            "unknown-value",
                            iri(name),
                            f"{local_name(part.value)} is not a value of {local_name(part.field)}.",
                        )
        self.check_cycles(conditions)
        return conditions

    def check_cycles(self, conditions: dict[str, Condition]) -> None:
        state: dict[str, int] = {}

        def visit(name: str) -> bool:
            if state.get(name) == 1:
                return True
            if name in state or name not in conditions:
                return False
            state[name] = 1
            cyclic = any([visit(other) for other in sorted(criteria.names_in(conditions[name].expression))])
            state[name] = 2
            return cyclic

        for name in conditions:
            if visit(name):
                self.complain("cyclic-definition", iri(name), "is defined by itself; break the circle.")

    # -- decisions ----------------------------------------------------------------------------

    def check_class(self, node: Node, name: str | None, conditions: dict[str, Condition]) -> str:
        if name and name != PATIENT_RECORD and name not in conditions:
            self.complain("unknown-condition", node, f"{local_name(name)} is not a condition or situation.")
        return name or ""

    def read_decisions(self, conditions: dict[str, Condition]) -> dict[str, Decision]:
        g = self.graph
        options: dict[str, list[Option]] = {}
        kinds = [o for cls in ("Option", "Stage") for o in g.instances(CP + cls)]
        for node in dict.fromkeys(kinds):
            decision = self.required(node, CP + "optionOf").value
            applies_to = self.required(node, CP + "appliesTo").value
            options.setdefault(decision, []).append(
                Option(
                    node.value,
                    self.identifier(node),
                    self.label(node),
                    self.check_class(node, applies_to, conditions),
                    self.integer(node, CP + "priority"),
                    self.class_of(node, CP + "refinedBy"),
                    self.facts(node),
                )
            )
        decisions = {}
        for node in g.instances(CP + "Decision"):
            scope = self.required(node, CP + "scope").value
            fact_key = g.one(node, CP + "factKey")
            own = sorted(options.pop(node.value, []), key=lambda o: o.priority)
            if not own:
                self.complain("decision-without-options", node, "has no options.")
            decisions[node.value] = Decision(
                node.value,
                self.identifier(node),
                self.label(node),
                self.check_class(node, scope, conditions),
                local_name(self.required(node, CP + "hitPolicy").value),
                self.integer(node, CP + "priority"),
                tuple(own),
                self.identifier(fact_key) if fact_key else None,
            )
        for name in options:
            if name:
                self.complain("unknown-decision", iri(options[name][0].iri), f"{local_name(name)} is not a decision.")
        return dict(sorted(decisions.items(), key=lambda item: item[1].priority))

    def read_roles(self, node: Node, fields: dict[str, Field], decisions: dict[str, Decision]) -> Roles:
        """Read which fields and decisions of a guideline have a part that the engine must know."""

        def field_of(predicate: str, kind: str) -> str | None:
            return self.field_of_kind(node, CP + predicate, kind, fields)

        def decision_of(predicate: str) -> str | None:
            name = self.class_of(node, CP + predicate)
            if name and name not in decisions:
                self.complain("unknown-decision", node, f"cp:{predicate} {local_name(name)} is not a decision.")
            return name

        return Roles(
            assessment=field_of("assessmentField", "date"),
            identifier=field_of("identifierField", "string"),
            episode=field_of("episodeField", "string"),
            stage=decision_of("stageDecision"),
            exit=decision_of("exitDecision"),
        )

    def field_of_kind(self, node: Node, predicate: str, kind: str, fields: dict[str, Field]) -> str | None:
        """Return a field that a term names; complain of one of another kind."""
        name = self.class_of(node, predicate)
        if name and (name not in fields or fields[name].kind != kind):
            self.complain(
                "unknown-field", node, f"cp:{local_name(predicate)} {local_name(name)} is not a {kind} field."
            )
        return name

    def valid_by(self, node: Node, editions: int, fields: dict[str, Field]) -> str | None:
        """Return the date field that chooses the edition of a programme; one of several must be chosen by something."""
        found = self.field_of_kind(node, CP + "validBy", "date", fields)
        if found is None and editions > 1:
            self.complain(
                "edition-not-chosen",
                node,
                f"has {editions} editions, and no date field chooses among them. Name it with cp:validBy.",
            )
        return found

    def read_programmes(
        self, fields: dict[str, Field], conditions: dict[str, Condition], decisions: dict[str, Decision]
    ) -> dict[str, Programme]:
        """Read programmes; each edition adds a decision eligible / not-eligible and its two classes."""
        programmes = {}
        for node in self.graph.instances(CP + "Programme"):
            scope = self.check_class(node, self.required(node, CP + "scope").value, conditions)
            editions = []
            for edition in self.graph.all(node, CP + "edition"):
                editions.append(self.read_edition(node, edition, scope, conditions, decisions))
            if not editions:
                self.complain("programme-without-edition", node, "needs a cp:edition.")
            editions.sort(key=lambda e: e.valid_from or date.min)
            programmes[node.value] = Programme(
                node.value,
                self.identifier(node),
                self.label(node),
                tuple(editions),
                self.integer(node, CP + "priority"),
                self.valid_by(node, len(editions), fields),
            )
        return dict(sorted(programmes.items(), key=lambda item: item[1].priority))

    def read_edition(
        self,
        programme: Node,
        node: Node,
        scope: str,
        conditions: dict[str, Condition],
        decisions: dict[str, Decision],
    ) -> Edition:
        g = self.graph
        own = []
        for criterion in g.all(node, CP + "criterion"):
            applies_to = self.check_class(criterion, self.required(criterion, CP + "appliesTo").value, conditions)
            own.append(
                Criterion(
                    criterion.value,
                    self.identifier(criterion),
                    self.label(criterion),
                    applies_to,
                    self.integer(criterion, CP + "priority"),
                )
            )
        own.sort(key=lambda c: c.priority)
        if not own:
            self.complain("edition-without-criterion", node, "needs a cp:criterion.")
        names = tuple(criteria.Named(c.applies_to) for c in own)
        options = []
        for number, (ident, expression) in enumerate(
            (("eligible", criteria.All(names) if len(names) != 1 else names[0]), ("not-eligible", None)), 1
        ):
            name = f"{node.value}-{ident}"
            tree: Expression = expression or criteria.Not(criteria.Named(f"{node.value}-eligible"))
            label = in_every_language(ident)
            conditions[name] = Condition(name, local_name(name), label, tree)
            options.append(Option(name, ident, label, name, number, None, ()))
        decision = Decision(
            f"{node.value}-decision",
            self.identifier(programme),
            self.label(programme),
            scope,
            "Unique",
            self.integer(programme, CP + "priority"),
            tuple(options),
            None,
        )
        decisions[decision.iri] = decision
        valid = g.one(node, DCTERMS + "valid")
        valid_from = None
        if valid:
            try:
                valid_from = date.fromisoformat(valid.value)
            except ValueError:
                self.complain("edition-date", node, f"dcterms:valid {valid.value!r} is not a date.")
        parts = [self.statements(g.all(node, CP + p), conditions) for p in ("benefit", "limit", "processStep")]
        return Edition(
            node.value,
            self.identifier(node),
            self.label(node),
            valid_from,
            tuple(own),
            parts[0],
            parts[1],
            parts[2],
            decision.iri,
        )

    # -- statements ---------------------------------------------------------------------------

    def time_limit(self, node: Node, conditions: dict[str, Condition]) -> TimeLimit:
        periods = []
        for name in ("within", "notBefore"):
            found = self.graph.one(node, CP + name)
            if found:
                try:
                    parse_period(found.value)
                except ValueError as error:
                    self.complain("unknown-period", node, f"{error}.")
                    found = None
            periods.append(found.value if found else None)
        condition = self.class_of(node, CP + "condition")
        self.check_class(node, condition, conditions)
        return TimeLimit(periods[0], periods[1], self.required(node, CP + "countedFrom").value, condition)

    def facts(self, node: Node) -> tuple[Fact, ...]:
        found = []
        for fact in self.graph.all(node, CP + "fact"):
            key = self.identifier(self.required(fact, CP + "factKey"))
            value = self.graph.one(fact, CP + "factValue")
            found.append(Fact(key, _plain(value) if value else None))
        return tuple(found)

    def statements(self, nodes: list[Node], conditions: dict[str, Condition]) -> tuple[Statement, ...]:
        found = []
        g = self.graph
        for node in nodes:
            advice = g.one(node, CP + "advice")
            actor = g.one(node, CP + "actor")
            condition = self.class_of(node, CP + "condition")
            self.check_class(node, condition, conditions)
            found.append(
                Statement(
                    node.value,
                    self.identifier(node),
                    self.label(advice if advice else node),
                    self.term(self.required(node, CP + "modality")),
                    self.term(actor) if actor else None,
                    self.integer(node, CP + "priority"),
                    condition,
                    g.texts(node, CP + "conditionText"),
                    tuple(self.time_limit(n, conditions) for n in g.all(node, CP + "timeLimit")),
                    self.facts(node),
                    self.identifier(self.required(node, DCTERMS + "source")),
                    "; ".join(o.value for o in g.all(node, CP + "locator")),
                )
            )
        return tuple(sorted(found, key=lambda s: s.priority))

    def read_boxes(self, conditions: dict[str, Condition]) -> tuple[dict[str, Box], dict[str, tuple[Statement, ...]]]:
        g = self.graph
        in_box: dict[str, list[Node]] = {}
        in_stage: dict[str, list[Node]] = {}
        for statement in g.instances(CP + "Statement"):
            for predicate, place in (("inBox", in_box), ("inStage", in_stage)):
                for target in g.all(statement, CP + predicate):
                    place.setdefault(target.value, []).append(statement)
        boxes = {}
        for node in g.instances(CP + "Box"):
            shown_for = g.one(node, CP + "shownFor")
            is_option = node in g.instances(CP + "Option")
            applies_to = None if is_option else self.class_of(node, CP + "appliesTo")
            self.check_class(node, applies_to, conditions)
            boxes[node.value] = Box(
                node.value,
                self.identifier(node),
                self.label(node),
                self.term(section := self.required(node, CP + "section")),
                self.integer(section, CP + "priority", 99),
                self.text(node, CP + "printedLabel"),
                self.required(node, CP + "inStage").value,
                self.integer(node, CP + "priority"),
                node.value if is_option else shown_for.value if shown_for else "",
                applies_to,
                self.statements(in_box.pop(node.value, []), conditions),
            )
        for name, orphans in in_box.items():
            self.complain("unknown-box", orphans[0], f"{local_name(name)} is not a box.")
        return boxes, {name: self.statements(nodes, conditions) for name, nodes in in_stage.items()}

    # -- references -----------------------------------------------------------------------------

    def check_references(
        self,
        fields: dict[str, Field],
        derived: dict[str, Derived],
        decisions: dict[str, Decision],
        programmes: dict[str, Programme],
        boxes: dict[str, Box],
        orders: list[tuple[str, str]],
    ) -> None:
        """Complain of what points to nothing: it would otherwise be left out in silence."""
        options = {o.iri for d in decisions.values() for o in d.options}
        for box in boxes.values():
            if box.shown_for not in options and (box.shown_for not in decisions or box.shown_for in programmes):
                name = local_name(box.shown_for) or "nothing"
                self.complain("box-never-shown", iri(box.iri), f"is shown for {name}, no option and no decision.")
        for f in fields.values():
            for implied in f.implies:
                if implied not in fields or fields[implied].kind != "boolean":
                    self.complain("unknown-field", iri(f.iri), f"implies {local_name(implied)}, no boolean field.")
            if f.ask_if and f.ask_if not in self.known_classes:
                self.complain("unknown-condition", iri(f.iri), f"{local_name(f.ask_if)} is not a condition.")
        for node in self.graph.instances(CP + "TimeLimit"):
            counted = self.class_of(node, CP + "countedFrom") or ""
            if counted not in fields or fields[counted].kind != "date":
                self.complain("unknown-field", node, f"is counted from {local_name(counted)}, no date field.")
        for d in decisions.values():
            if d.policy not in POLICIES:
                self.complain("unknown-hit-policy", iri(d.iri), f"{d.policy} is not one of {', '.join(POLICIES)}.")
            for option in d.options:
                if option.refined_by and option.refined_by not in decisions:
                    self.complain("unknown-decision", iri(option.iri), f"{local_name(option.refined_by)} is none.")
        for x in derived.values():
            if (x.start, x.end) not in orders:
                self.complain(
                    "derived-without-order",
                    iri(x.iri),
                    f"shapes/ must say that {local_name(x.start)} is sh:lessThanOrEquals {local_name(x.end)}; "
                    "without it a negative duration would count as a short one.",
                )

    # -- the whole ----------------------------------------------------------------------------

    def read(self, index: Index) -> Guideline:
        g = self.graph
        fields, orders = self.read_fields()
        derived = self.read_derived(fields)
        expanded = {v.expands_to for f in fields.values() for v in f.values if v.expands_to}
        conditions = self.read_conditions(
            fields.keys() | derived.keys() | expanded,
            {f.iri: {v.iri for v in f.values} for f in fields.values()},
        )
        self.known_classes = frozenset(conditions)
        decisions = self.read_decisions(conditions)
        programmes = self.read_programmes(fields, conditions, decisions)
        boxes, notices = self.read_boxes(conditions)
        warnings = tuple(
            Caution(
                n.value,
                self.identifier(n),
                self.label(n),
                self.check_class(n, self.required(n, CP + "appliesTo").value, conditions),
                self.term(self.required(n, CP + "modality")),
                self.identifier(self.required(n, DCTERMS + "source")),
                self.text(n, CP + "locator"),
            )
            for n in g.instances(CP + "Warning")
        )
        open_points = tuple(
            OpenPoint(
                n.value,
                self.identifier(n),
                self.label(n),
                self.term(self.required(n, CP + "kind")),
                tuple(o.value for o in g.all(n, CP + "concerns")),
                tuple(self.identifier(o) for o in g.all(n, CP + "declares")),
                self.check_class(n, self.class_of(n, CP + "appliesTo"), conditions) or None,
                g.texts(n, CP + "reading"),
                self.identifier(self.required(n, DCTERMS + "source")),
                self.text(n, CP + "locator"),
            )
            for n in g.instances(CP + "OpenPoint")
        )
        guidelines = g.instances(CP + "Guideline")
        if len(guidelines) != 1:
            self.findings.append(
                Finding("one-guideline", f"a folder has one cp:Guideline, found {len(guidelines)}.", str(index.folder))
            )
        roles = self.read_roles(guidelines[0], fields, decisions) if guidelines else None
        self.check_references(fields, derived, decisions, programmes, boxes, orders)
        if self.findings or roles is None:
            raise GuidelineError("The guideline has errors.", self.findings)
        root = guidelines[0]
        return Guideline(
            index=index,
            content_hash=content_hash(index.modules),
            iri=root.value,
            id=self.identifier(root),
            version=self.text(root, OWL + "versionInfo"),
            label=self.label(root),
            roles=roles,
            fields=fields,
            derived=derived,
            conditions=conditions,
            decisions=decisions,
            programmes=programmes,
            boxes=boxes,
            notices=notices,
            warnings=warnings,
            open_points=open_points,
            fact_keys={
                self.identifier(n): FactKey(
                    n.value, self.identifier(n), self.label(n), self.text(n, CP + "onlyIfCertain") == "true"
                )
                for n in g.instances(CP + "FactKey")
            },
            date_orders=tuple(sorted(set(orders) | {(d.start, d.end) for d in derived.values()})),
            statuses=self.labels("Status"),
            date_statuses=self.labels("DateStatus"),
            modalities=self.labels("Modality"),
            message_templates={
                local_name(s.value): g.texts(s, CP + "messageTemplate")
                for s in g.by_subject
                if g.all(s, CP + "messageTemplate")
            },
            sources=self.terms("Source"),
        )


def _plain(node: Node) -> str | int | bool:
    if node.datatype == XSD + "boolean":
        return node.value in ("true", "1")
    return int(node.value) if node.is_integer else node.value
