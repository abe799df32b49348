import { BlockList, isIP } from "node:net";

/**
 * How far a plain `http:` URL may reach: nothing but this machine, also services of the cluster this process runs in, or
 * anywhere, for what is signed in itself: revocation lists and OCSP responses (RFC 5280 §8).
 */
export type PlainHttp = "loopback" | "cluster-local" | "anywhere";

/**
 * Where an IP address leads. `never`: link-local, unspecified, multicast and metadata addresses, which no service of ours
 * has (RFC 3927, RFC 4291 §2.5.6 and §2.7; cloud providers answer with credentials there).
 */
export type AddressKind = "never" | "loopback" | "private" | "public";

const NEVER = blockList([
  "169.254.0.0/16",
  "0.0.0.0/8",
  "224.0.0.0/3",
  "fe80::/10",
  "::/128",
  "ff00::/8",
  "fd00:ec2::254/128",
]);
const LOOPBACK = blockList(["127.0.0.0/8", "::1/128"]);
/** RFC 1918, RFC 6598, RFC 4193. */
const PRIVATE = blockList(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]);

/** What kind of address a literal is; IPv4 inside IPv6 counts as the IPv4 it is. */
export function kindOfAddress(address: string): AddressKind {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (NEVER.check(address, family)) return "never";
  if (LOOPBACK.check(address, family)) return "loopback";
  return PRIVATE.check(address, family) ? "private" : "public";
}

/** The literal address in a URL's host, without the brackets of IPv6; `undefined` when the host is a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) === 0 ? undefined : host;
}

/** Whether plain http to this host stays on the machine, or within the cluster where that is allowed. */
export function mayUsePlainHttp(url: URL, allowed: PlainHttp): boolean {
  if (allowed === "anywhere") return true;
  const literal = literalAddress(url);
  if (literal !== undefined) return kindOfAddress(literal) === "loopback";
  if (/^(?:.+\.)?localhost\.?$/.test(url.hostname)) return true;
  return allowed === "cluster-local" && /\.svc(?:\.cluster\.local)?\.?$/.test(url.hostname);
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    list.addSubnet(network, Number(prefix), isIP(network) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
