import { expect, test } from "vitest";
import { kindOfAddress, mayUsePlainHttp } from "./address.ts";

test.each([
  ["169.254.169.254", "never"],
  ["::ffff:169.254.169.254", "never"],
  ["fe80::1", "never"],
  ["0.0.0.0", "never"],
  ["::", "never"],
  ["fd00:ec2::254", "never"],
  ["169.253.255.255", "public"],
  ["127.0.0.1", "loopback"],
  ["127.255.0.9", "loopback"],
  ["::1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["10.1.2.3", "private"],
  ["172.31.0.1", "private"],
  ["172.32.0.1", "public"],
  ["192.168.1.1", "private"],
  ["100.64.0.1", "private"],
  ["fd12::1", "private"],
  ["8.8.8.8", "public"],
  ["2001:db8::1", "public"],
] as const)("%s is %s", (address, kind) => {
  expect(kindOfAddress(address)).toBe(kind);
});

test.each([
  ["http://127.0.0.1:8080/", "loopback", true],
  ["http://0x7f.1/", "loopback", true],
  ["http://[::1]/", "loopback", true],
  ["http://localhost/", "loopback", true],
  ["http://registry.localhost:5000/", "loopback", true],
  ["http://notlocalhost/", "loopback", false],
  ["http://localhost.example/", "loopback", false],
  ["http://10.0.0.1/", "loopback", false],
  ["http://10.0.0.1/", "cluster-local", false],
  ["http://rekor.trust.svc/", "loopback", false],
  ["http://rekor.trust.svc/", "cluster-local", true],
  ["http://rekor.trust.svc.cluster.local/", "cluster-local", true],
  ["http://rekor.trust.svc.example/", "cluster-local", false],
  ["http://svc/", "cluster-local", false],
  ["http://crl.example/", "anywhere", true],
] as const)("plain %s under %s: %s", (url, allowed, expected) => {
  expect(mayUsePlainHttp(new URL(url), allowed)).toBe(expected);
});
