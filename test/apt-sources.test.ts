import { expect, test } from "vitest";
import { ownArchive, parseDeb822, parseOneLine, sourcePackagesLine } from "../infra/local/apt-sources.ts";

const KEY = "/usr/share/keyrings/debian-archive-keyring.gpg";

test("the distribution's own mirror is told apart from what third parties add for the same release", () => {
  const sources = [
    ...parseDeb822(`# comment
Types: deb deb-src
# a note between fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: ${KEY}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`),
    ...parseOneLine(`# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/vendor.gpg] https://vendor.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb https://docker.example/linux/debian bookworm stable
deb http://other.example/debian/ bookworm main contrib # the second mirror
`),
  ];
  const own = ownArchive(sources, "debian", "bookworm");
  expect(own.map(({ uri, signedBy }) => [uri, signedBy])).toEqual([
    ["http://mirror.example/debian", KEY],
    ["http://other.example/debian/", undefined],
  ]);
  expect(own.map((source) => sourcePackagesLine(source, "trixie", ["main"]))).toEqual([
    `deb-src [signed-by=${KEY}] http://mirror.example/debian trixie main\n`,
    "deb-src http://other.example/debian/ trixie main\n",
  ]);
});
