// SPDX-License-Identifier: BSD-3-Clause
// Bundles the page into dist/: everything it needs, nothing from elsewhere.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await build({
  entryPoints: { viewer: join(here, "src/main.ts"), "viewer.style": join(here, "src/style.css") },
  outdir: dist,
  bundle: true,
  minify: true,
  target: "es2020",
  legalComments: "inline",
  logLevel: "warning",
});
copyFileSync(join(dist, "viewer.style.css"), join(dist, "viewer.css"));
rmSync(join(dist, "viewer.style.css"));
for (const file of ["index.html", "icon.svg"]) copyFileSync(join(here, "src", file), join(dist, file));
