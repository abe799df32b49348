import { Breadcrumb, BreadcrumbItem } from "@patternfly/react-core/dist/esm/components/Breadcrumb";
import { PageBreadcrumb, PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useEffect, useRef } from "react";
import { PRODUCT } from "../product.ts";
import { Link } from "./link.tsx";

type PageFrameProps = {
  readonly title: string;
  /** Beside the title: labels of state. */
  readonly aside?: React.ReactNode;
  readonly subtitle?: React.ReactNode;
  readonly parent?: { readonly title: string; readonly to: string };
  readonly children: React.ReactNode;
};

/** Title, breadcrumb and content of a page. Takes the focus to the title when one has come here from another page. */
export function PageFrame({ title, aside, subtitle, parent, children }: PageFrameProps): React.ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${PRODUCT}`;
  }, [title]);
  useEffect(() => {
    if (document.body.dataset["moved"] === "yes") heading.current?.focus();
    document.body.dataset["moved"] = "yes";
  }, []);
  return (
    <>
      {parent ? (
        <PageBreadcrumb>
          <Breadcrumb>
            <BreadcrumbItem
              render={({ className }) => (
                <Link to={parent.to} className={className}>
                  {parent.title}
                </Link>
              )}
            />
            <BreadcrumbItem isActive>{title}</BreadcrumbItem>
          </Breadcrumb>
        </PageBreadcrumb>
      ) : null}
      <PageSection className="cs-page-head">
        <div className="cs-title-row">
          <Title headingLevel="h1" size="2xl" ref={heading} tabIndex={-1} className="cs-title">
            {title}
          </Title>
          {aside}
        </div>
        {subtitle ? <p className="cs-subtle cs-subtitle">{subtitle}</p> : null}
      </PageSection>
      <PageSection isFilled>{children}</PageSection>
    </>
  );
}
