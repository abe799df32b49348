import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { FormSelect, FormSelectOption } from "@patternfly/react-core/dist/esm/components/FormSelect";
import { Label, LabelGroup } from "@patternfly/react-core/dist/esm/components/Label";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core/dist/esm/components/Toolbar";
import { useState } from "react";
import { clipMiddle } from "../../format/visible.ts";
import type { Query } from "../../location.ts";

export const SINCE_DEFAULT = "7d";

const RANGES = [
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["28d", "Last 28 days"],
] as const;

/** What a person may filter by: the API's parameter, its word, and an example. */
export const FILTERS = [
  { name: "identity", word: "Identity", example: "ns/payments-prod/sa/builder" },
  { name: "namespace", word: "Namespace", example: "payments-prod" },
  { name: "digest", word: "Digest", example: "sha256:1f2e…" },
  { name: "issuer", word: "Issuer", example: "https://oidc.prod-eu.example" },
] as const;

type FiltersProps = { readonly query: Query; readonly setQuery: (change: Query) => void };

export function EventFilters({ query, setQuery }: FiltersProps): React.ReactElement {
  const set = (change: Query): void => setQuery({ ...change, cursor: "" });
  const active = FILTERS.filter(({ name }) => query[name] !== undefined);
  return (
    <Toolbar>
      <ToolbarContent>
        <ToolbarItem>
          <RangeSelect since={query["since"] ?? SINCE_DEFAULT} onChange={(since) => set({ since, until: "" })} />
        </ToolbarItem>
        <ToolbarItem>
          <FilterForm onApply={set} />
        </ToolbarItem>
        {active.length > 0 ? (
          <ToolbarItem alignSelf="center">
            <LabelGroup categoryName="Filters" numLabels={FILTERS.length}>
              {active.map(({ name, word }) => (
                <Label
                  key={name}
                  variant="outline"
                  onClose={() => set({ [name]: "" })}
                  closeBtnAriaLabel={`Remove the filter ${word}`}
                  title={query[name] ?? ""}
                >
                  {`${word}: ${clipMiddle(query[name] ?? "", 40)}`}
                </Label>
              ))}
            </LabelGroup>
          </ToolbarItem>
        ) : null}
      </ToolbarContent>
    </Toolbar>
  );
}

function RangeSelect({
  since,
  onChange,
}: {
  readonly since: string;
  readonly onChange: (since: string) => void;
}): React.ReactElement {
  const known = RANGES.some(([value]) => value === since);
  return (
    <FormSelect aria-label="Time" value={since} onChange={(_, value) => onChange(value)}>
      {RANGES.map(([value, word]) => (
        <FormSelectOption key={value} value={value} label={word} />
      ))}
      {known ? null : <FormSelectOption value={since} label={`since ${clipMiddle(since, 24)}`} />}
    </FormSelect>
  );
}

function FilterForm({ onApply }: { readonly onApply: (change: Query) => void }): React.ReactElement {
  const [name, setName] = useState<string>(FILTERS[0].name);
  const [value, setValue] = useState("");
  const example = FILTERS.find((filter) => filter.name === name)?.example ?? "";
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (value.trim() !== "") onApply({ [name]: value.trim() });
    setValue("");
  };
  return (
    <form className="cs-row" onSubmit={submit}>
      <FormSelect aria-label="Filter by" value={name} onChange={(_, next) => setName(next)} className="cs-filter-name">
        {FILTERS.map((filter) => (
          <FormSelectOption key={filter.name} value={filter.name} label={filter.word} />
        ))}
      </FormSelect>
      <TextInput
        aria-label="Filter value"
        placeholder={example}
        value={value}
        onChange={(_, next) => setValue(next)}
        className="cs-filter-value"
      />
      <Button type="submit" variant="secondary">
        Filter
      </Button>
    </form>
  );
}
