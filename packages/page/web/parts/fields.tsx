import type { ComponentChildren } from "preact";

/** Of an input, as HTML has them. */
interface InputAttributes {
  readonly name?: string;
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly title?: string;
  readonly placeholder?: string;
  readonly list?: string;
  readonly autocomplete?: "off";
  readonly autocapitalize?: "none";
}

interface TextFieldProps extends InputAttributes {
  readonly type?: "text" | "number" | "search";
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly wide?: boolean;
}

/** One line of text, or a number, with its name above and a hint below. */
export function TextField({ label, value, onChange, hint, wide = false, type = "text", ...rest }: TextFieldProps) {
  return (
    <label class={wide ? "field wide" : "field"}>
      <span>{label}</span>
      <input
        {...rest}
        type={type}
        value={value}
        onInput={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
      {hint !== undefined && <small class="hint">{hint}</small>}
    </label>
  );
}

interface SelectFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly onChange: (value: T) => void;
  readonly name?: string;
}

export function SelectField<T extends string>({ label, value, options, onChange, name }: SelectFieldProps<T>) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        name={name}
        value={value}
        onChange={(event) => {
          const chosen = options.find(([option]) => option === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen[0]);
        }}
      >
        {options.map(([option, shown]) => (
          <option key={option} value={option}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}

interface CheckFieldProps {
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function CheckField({ label, checked, onChange }: CheckFieldProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
      <span>{label}</span>
    </label>
  );
}
