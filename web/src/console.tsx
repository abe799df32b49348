import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
} from "@patternfly/react-core/dist/esm/components/Masthead";
import { Nav, NavItem, NavList } from "@patternfly/react-core/dist/esm/components/Nav";
import { Page, PageSidebar, PageSidebarBody, PageToggleButton } from "@patternfly/react-core/dist/esm/components/Page";
import { SearchInput } from "@patternfly/react-core/dist/esm/components/SearchInput";
import { SkipToContent } from "@patternfly/react-core/dist/esm/components/SkipToContent";
import { BarsIcon } from "@patternfly/react-icons/dist/esm/icons/bars-icon";
import { MoonIcon } from "@patternfly/react-icons/dist/esm/icons/moon-icon";
import { SunIcon } from "@patternfly/react-icons/dist/esm/icons/sun-icon";
import { Suspense, useState } from "react";
import { moveTo, renderPlace, usePlace } from "./location.ts";
import { Link } from "./parts/link.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { PRODUCT } from "./product.ts";
import { ROUTES, routeOf } from "./routes.tsx";
import { useTheme } from "./theme.ts";

const MAIN = "main";

/** The frame of every page: masthead with search, navigation, and the page of the place. */
export function Console(): React.ReactElement {
  const { path } = usePlace();
  const found = routeOf(path);
  return (
    <Page
      masthead={<TopBar />}
      sidebar={<SideBar path={path} />}
      isManagedSidebar
      mainContainerId={MAIN}
      skipToContent={<SkipToContent href={`#${MAIN}`}>Skip to content</SkipToContent>}
    >
      <Suspense fallback={null}>
        {found ? <found.route.page key={path} params={found.params} /> : <NotFoundPage />}
      </Suspense>
    </Page>
  );
}

function TopBar(): React.ReactElement {
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton variant="plain" aria-label="Navigation">
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <Link to="/" className="cs-brand">
            {PRODUCT}
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <div className="cs-masthead-end">
          <SearchBox />
          <ThemeButton />
        </div>
      </MastheadContent>
    </Masthead>
  );
}

function SideBar({ path }: { readonly path: string }): React.ReactElement {
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label="Pages">
          <NavList>
            {ROUTES.filter(({ title }) => title !== undefined).map(({ pattern, title }) => (
              <NavItem key={pattern} isActive={isBelow(path, pattern)} to={pattern} onClick={followNav}>
                {title}
              </NavItem>
            ))}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}

function isBelow(path: string, pattern: string): boolean {
  return path === pattern || (pattern !== "/" && path.startsWith(`${pattern}/`));
}

function followNav(event: React.FormEvent<HTMLInputElement>): void {
  const target: unknown = event.currentTarget;
  if (target instanceof HTMLAnchorElement) {
    event.preventDefault();
    moveTo(target.pathname);
  }
}

function SearchBox(): React.ReactElement {
  const { path, query } = usePlace();
  const [words, setWords] = useState(path === "/search" ? (query["q"] ?? "") : "");
  const search = (): void => {
    if (words.trim() !== "") moveTo(renderPlace({ path: "/search", query: { q: words.trim() } }));
  };
  return (
    <div role="search" className="cs-search">
      <SearchInput
        aria-label="Search for a digest, identity, run, pod or event"
        placeholder="Digest, identity, run, pod, incident"
        submitSearchButtonLabel="Search"
        value={words}
        onChange={(_, value) => setWords(value)}
        onClear={() => setWords("")}
        onSearch={search}
      />
    </div>
  );
}

function ThemeButton(): React.ReactElement {
  const { dark, choose } = useTheme();
  return (
    <Button
      variant="plain"
      icon={dark ? <SunIcon /> : <MoonIcon />}
      aria-label={dark ? "Switch to the light theme" : "Switch to the dark theme"}
      onClick={() => choose(dark ? "light" : "dark")}
    />
  );
}
