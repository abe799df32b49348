import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core/dist/esm/components/DescriptionList";

export type Fact = { readonly term: string; readonly value: React.ReactNode };

/** Named values, one under the other. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): React.ReactElement {
  return (
    <DescriptionList isHorizontal isCompact className="cs-facts">
      {facts.map(({ term, value }) => (
        <DescriptionListGroup key={term}>
          <DescriptionListTerm>{term}</DescriptionListTerm>
          <DescriptionListDescription>{value}</DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  );
}

export function Code({ children }: { readonly children: string }): React.ReactElement {
  return <span className="cs-code cs-break">{children}</span>;
}
