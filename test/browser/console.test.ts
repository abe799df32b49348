import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { oneTimeLink } from "../../src/app/http/auth.ts";
import type { Queries } from "../../src/app/http/queries.ts";
import type { ApiServer, ServerDeps } from "../../src/app/http/server.ts";
import { Fault } from "../../src/core/fault.ts";
import { IMAGE, LOOKED_AT, smallQueries } from "../setup/queries.ts";
import { axeViolations, launch, openPage, serveConsole, whyNot, type Scheme } from "./visit.ts";

/** Journeys through the console by role and label, in a real browser, over the small world of `test/setup/queries.ts`. */
const reason = await whyNot();
if (reason !== undefined) process.stderr.write(`browser journeys are skipped: ${reason}\n`);

const SCHEMES: readonly Scheme[] = ["light", "dark"];
const SCREENS = [
  ["overview", "/", "Incidents"],
  ["signing events", "/events?since=28d", "rekor-private #3"],
  ["one event", "/events/rekor-private/3", "From the pipeline to where it runs"],
  ["one event as a table", "/events/rekor-private/3?as=table&tab=certificate", "chains to a CA of the trusted root"],
  ["an event of which little is known", "/events/rekor-private/5?tab=payload", "No bundle of this entry has been seen"],
  ["the raw leaf", "/events/rekor-private/3?tab=raw", "Leaf hash"],
  ["workloads", "/workloads", "tools-1"],
  ["an artifact", `/artifacts/${IMAGE}`, "Where it runs"],
  ["a search without a match", "/search?q=nothing", "No matches"],
  ["an empty list", "/events?since=28d&identity=nobody", "No signing events match the filters"],
  ["an address that is none", "/nowhere", "No such page"],
] as const;

describe.skipIf(reason !== undefined)("the console", () => {
  let browser: Browser;
  const servers: ApiServer[] = [];
  const pages: Page[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  afterAll(async () => {
    await browser.close();
  });

  type Visit = { readonly page: Page; readonly complaints: readonly string[]; readonly url: string };
  type Options = { scheme?: Scheme; width?: number; queries?: Queries; server?: Partial<ServerDeps> };
  async function visit(path: string, options: Options = {}): Promise<Visit> {
    const server = await serveConsole(options.queries ?? (await smallQueries()), options.server);
    servers.push(server);
    const { page, complaints } = await openPage(browser, options);
    pages.push(page);
    await page.goto(server.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    return { page, complaints, url: server.url };
  }

  describe.each(SCHEMES)("%s", (scheme) => {
    let opened: { readonly page: Page; readonly complaints: string[] };
    let server: ApiServer;
    beforeAll(async () => {
      server = await serveConsole(await smallQueries());
      opened = await openPage(browser, { scheme });
    });
    afterAll(async () => {
      await opened.page.close();
      await server.close();
    });
    test.each(SCREENS)("%s: axe finds nothing, the browser refuses nothing", async (_, path, landmark) => {
      const { page, complaints } = opened;
      await page.goto(server.url + path);
      await page.getByText(landmark).first().waitFor();
      expect(await axeViolations(page)).toEqual([]);
      expect(complaints.splice(0)).toEqual([]);
    });
  });

  test("is another picture in the dark, by preference and by the button, and stays so", async () => {
    const [light, dark] = [await visit("/events"), await visit("/events", { scheme: "dark" })];
    const lightColours = await backgroundOf(light.page);
    expect(await backgroundOf(dark.page)).not.toBe(lightColours);
    await dark.page.getByRole("button", { name: "Switch to the light theme" }).click();
    expect(await backgroundOf(dark.page)).toBe(lightColours);
    await dark.page.reload();
    await dark.page.getByRole("button", { name: "Switch to the dark theme" }).waitFor();
    expect(await backgroundOf(dark.page)).toBe(lightColours);
  });

  test("a filter is in the URL, and back takes it away again", async () => {
    const { page, url } = await visit("/events?since=28d");
    await page.getByLabel("Filter by").selectOption("Digest");
    await page.getByLabel("Filter value").fill(IMAGE);
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("button", { name: "Remove the filter Digest" }).waitFor();
    expect(page.url()).toBe(`${url}/events?since=28d&digest=${encodeURIComponent(IMAGE)}`);
    expect(await page.getByRole("row").count()).toBe(2);
    await page.goBack();
    await page.getByText("rekor-private #6").waitFor();
    expect(await page.getByRole("row").count()).toBe(8);
  });

  test("from a digest in the search box to the event that signed it, and its chain", async () => {
    const { page, url } = await visit("/");
    await page.getByRole("search").getByRole("textbox").fill(IMAGE);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "rekor-private/3" }).click();
    const picture = page.getByRole("img", { name: /TaskRun payments-prod\/build-x in prod-eu/ });
    await picture.waitFor();
    await page.getByText("Incident, critical: payments/api signed by a foreign identity").waitFor();
    expect(page.url()).toBe(`${url}/events/rekor-private/3`);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    await page.getByRole("cell", { name: /the token is bound to the pod/ }).waitFor();
    expect(page.url()).toContain("as=table");
  });

  test("can be used with the keyboard: the first stop skips to the content, a new page takes the focus to its title", async () => {
    const { page } = await visit("/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.getByRole("link", { name: "Signing events", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Signing events" }).waitFor();
    expect(await page.evaluate("document.activeElement.tagName + document.activeElement.textContent")).toBe(
      "H1Signing events",
    );
  });

  test("an empty list over logs that were not followed does not say that nothing happened", async () => {
    const small = await smallQueries();
    const nothing = { query: async () => ({ events: [] }), positions: async () => [] };
    const { page } = await visit("/events", { queries: { ...small, events: { ...small.events, ...nothing } } });
    await page.getByText("No signing events were seen, and not everything was looked at").waitFor();
    expect(await page.getByText("no log has been followed into this store").count()).toBeGreaterThan(0);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("what the server could not answer is shown with its fix and the id of the request, and can be asked again", async () => {
    let broken = true;
    const small = await smallQueries();
    const health: Queries["health"] = async () => {
      if (broken) throw new Fault("store.busy", "x");
      return small.health();
    };
    const { page } = await visit("/", { queries: { ...small, health } });
    await page.getByText("The store did not answer").waitFor();
    await page.getByText(/^Request [0-9a-f]{16}$/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    broken = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("7 events").waitFor();
  });

  test("a stranger is told how to sign in; the link signs in once", async () => {
    let count = 0;
    const random = { bytes: (length: number) => new Uint8Array(length).fill((count += 1)) };
    const { authenticator, link } = oneTimeLink({ now: () => LOOKED_AT }, random);
    const { page, url } = await visit("/", { server: { authenticator } });
    await page.getByText("Open the sign-in link that countersign printed when it started.").first().waitFor();
    await page.goto(`${url}/s/${link}`);
    await page.getByText("payments/api signed by a foreign identity").waitFor();
    expect(page.url()).toBe(`${url}/`);
  });

  test("names from a certificate are text, whatever they hold", async () => {
    const small = await smallQueries();
    const san = "<img src=x onerror=alert(1)>\u202Etxt.exe";
    const query: Queries["events"]["query"] = async (asked) => {
      const page = await small.events.query(asked);
      const events = page.events.map((event) => ({
        ...event,
        identities: [{ issuer: "https://i.example", san, sanType: "uri" as const }],
      }));
      return { ...page, events };
    };
    const { page, complaints } = await visit("/events?since=28d", {
      queries: { ...small, events: { ...small.events, query } },
    });
    await page.getByText("<img src=x onerror=alert(1)>␦202Etxt.exe").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("fits a narrow screen: nothing but the picture scrolls sideways", async () => {
    const { page } = await visit("/events/rekor-private/3", { width: 390 });
    await page.getByRole("img", { name: /Log entry/ }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
  });
});

/** The colours of the frame and of the text in it. */
function backgroundOf(page: Page): Promise<string> {
  return page.evaluate(
    "[...document.querySelectorAll('.pf-v6-c-page, .pf-v6-c-page__main-container')].map((e) => getComputedStyle(e)).map((s) => s.backgroundColor + s.color).join()",
  );
}
