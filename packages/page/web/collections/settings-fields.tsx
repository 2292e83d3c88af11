import { SelectField, TextField } from "../parts/fields.tsx";
import type { SettingsDraft } from "./settings-draft.ts";

interface Props {
  readonly draft: SettingsDraft;
  /** Names of models to choose from. */
  readonly models: readonly string[];
  /** What stands for an empty field. */
  readonly emptyMeans: string;
  readonly onChange: (draft: SettingsDraft) => void;
}

/** The settings that decide a collection's vectors. */
export function SettingsFields({ draft, models, emptyMeans, onChange }: Props) {
  const set = (change: Partial<SettingsDraft>): void => {
    onChange({ ...draft, ...change });
  };
  return (
    <div class="grid">
      <SelectField
        label="Model"
        name="model"
        value={draft.model}
        options={[["", emptyMeans], ...models.map((name) => [name, name] as const)]}
        onChange={(model) => {
          set({ model });
        }}
      />
      <TextField
        label="Tokens a chunk, at most"
        name="maxTokens"
        type="number"
        min={8}
        max={32_768}
        placeholder={emptyMeans}
        value={draft.maxTokens}
        onChange={(maxTokens) => {
          set({ maxTokens });
        }}
      />
      <TextField
        label="Tokens two chunks share"
        name="overlapTokens"
        type="number"
        min={0}
        max={8_192}
        placeholder={emptyMeans}
        value={draft.overlapTokens}
        onChange={(overlapTokens) => {
          set({ overlapTokens });
        }}
      />
      <SelectField
        label="Chunks end at"
        name="strategy"
        value={draft.strategy}
        options={[
          ["", emptyMeans],
          ["sentence", "sentences, where they fit"],
          ["token", "any token"],
        ]}
        onChange={(strategy) => {
          set({ strategy });
        }}
      />
      <TextField
        label="Language of the texts"
        name="language"
        pattern="[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*"
        placeholder="such as en, zh"
        value={draft.language}
        onChange={(language) => {
          set({ language });
        }}
      />
      <SelectField
        label="Token vectors"
        name="tokenVectors"
        value={draft.tokenVectors}
        options={[
          ["", emptyMeans],
          ["none", "not kept"],
          ["int8", "kept, a byte a number"],
          ["half", "kept, two bytes a number"],
        ]}
        onChange={(tokenVectors) => {
          set({ tokenVectors });
        }}
      />
      <SelectField
        label="Late chunking (encode, then cut)"
        name="lateChunking"
        value={draft.lateChunking}
        options={[
          ["", emptyMeans],
          ["yes", "yes"],
          ["no", "no"],
        ]}
        onChange={(lateChunking) => {
          set({ lateChunking });
        }}
      />
    </div>
  );
}
