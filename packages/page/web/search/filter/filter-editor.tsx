import { NEW_CONDITION, NO_FILTER, type Condition, type FilterNode, type Group, type Operator } from "./filter-tree.ts";

const OPERATOR_NAMES: readonly (readonly [Operator, string])[] = [
  ["$eq", "is"],
  ["$ne", "is not"],
  ["$gt", "above"],
  ["$gte", "at least"],
  ["$lt", "below"],
  ["$lte", "at most"],
  ["$in", "is one of"],
  ["$nin", "is none of"],
  ["$exists", "is there"],
  ["missing", "is not there"],
];

/** The server takes eight; nobody reads so many. */
const MOST_LEVELS = 4;

interface GroupProps {
  readonly group: Group;
  readonly level: number;
  readonly onChange: (group: Group) => void;
  /** undefined: it is the outermost. */
  readonly onRemove: (() => void) | undefined;
}

/** Conditions and groups of them, of which all or any must hold. */
export function GroupEditor({ group, level, onChange, onRemove }: GroupProps) {
  const { join, not, parts } = group;
  const replace = (index: number, part: FilterNode | undefined): void => {
    onChange({ ...group, parts: parts.flatMap((old, i) => (i === index ? (part ?? []) : old)) });
  };
  return (
    <fieldset class="filter-group">
      <legend>{level === 0 ? "Filter on metadata" : "Group"}</legend>
      {(parts.length > 1 || level > 0) && (
        <div class="filter-head">
          <label>
            <span class="unseen">How the conditions are joined</span>
            <select
              value={`${not ? "not " : ""}${join}`}
              onChange={(event) => {
                const { value } = event.currentTarget;
                onChange({ ...group, not: value.startsWith("not"), join: value.endsWith("$or") ? "$or" : "$and" });
              }}
            >
              <option value="$and">all of these</option>
              <option value="$or">any of these</option>
              <option value="not $and">not all of these</option>
              <option value="not $or">none of these</option>
            </select>
          </label>
          {onRemove !== undefined && (
            <button type="button" onClick={onRemove}>
              Remove group
            </button>
          )}
        </div>
      )}
      {parts.map((part, index) =>
        part.kind === "group" ? (
          <GroupEditor
            key={index}
            group={part}
            level={level + 1}
            onChange={(changed) => {
              replace(index, changed);
            }}
            onRemove={() => {
              replace(index, undefined);
            }}
          />
        ) : (
          <ConditionEditor
            key={index}
            condition={part}
            onChange={(changed) => {
              replace(index, changed);
            }}
            onRemove={() => {
              replace(index, undefined);
            }}
          />
        ),
      )}
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            onChange({ ...group, parts: [...parts, NEW_CONDITION] });
          }}
        >
          Add condition
        </button>
        {level + 1 < MOST_LEVELS && (
          <button
            type="button"
            onClick={() => {
              onChange({ ...group, parts: [...parts, { ...NO_FILTER, join: "$or", parts: [NEW_CONDITION] }] });
            }}
          >
            Add group
          </button>
        )}
      </div>
    </fieldset>
  );
}

interface ConditionProps {
  readonly condition: Condition;
  readonly onChange: (condition: Condition) => void;
  readonly onRemove: () => void;
}

function ConditionEditor({ condition, onChange, onRemove }: ConditionProps) {
  const { field, operator, value, not } = condition;
  const takesValue = operator !== "$exists" && operator !== "missing";
  return (
    <div class="condition" role="group" aria-label={`Condition on ${field === "" ? "a field" : field}`}>
      <label class="check">
        <input
          type="checkbox"
          checked={not}
          onChange={(event) => {
            onChange({ ...condition, not: event.currentTarget.checked });
          }}
        />
        <span>not</span>
      </label>
      <input
        aria-label="Field"
        placeholder="field, such as lang"
        autocapitalize="none"
        list="metadata-fields"
        value={field}
        onInput={(event) => {
          onChange({ ...condition, field: event.currentTarget.value });
        }}
      />
      <select
        aria-label="Operator"
        value={operator}
        onChange={(event) => {
          const chosen = OPERATOR_NAMES.find(([name]) => name === event.currentTarget.value);
          if (chosen !== undefined) onChange({ ...condition, operator: chosen[0] });
        }}
      >
        {OPERATOR_NAMES.map(([name, shown]) => (
          <option key={name} value={name}>
            {shown}
          </option>
        ))}
      </select>
      {takesValue && (
        <input
          aria-label="Value"
          placeholder={operator === "$in" || operator === "$nin" ? "a, b, c" : 'text, 5, true, "5"'}
          autocapitalize="none"
          value={value}
          onInput={(event) => {
            onChange({ ...condition, value: event.currentTarget.value });
          }}
        />
      )}
      <button
        type="button"
        aria-label={`Remove the condition on ${field === "" ? "a field" : field}`}
        onClick={onRemove}
      >
        Remove
      </button>
    </div>
  );
}
