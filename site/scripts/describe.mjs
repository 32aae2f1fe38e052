// Makes src/api/openapi.d.ts, the types of what the API takes and answers, from its description. Runs before all that
// reads them, so that they are never of yesterday.

import { writeFileSync } from "node:fs";

import openapiTS, { astToString } from "openapi-typescript";

import { openapi } from "../../scripts/lib/openapi.mjs";

const types = astToString(await openapiTS(openapi()));
writeFileSync(new URL("../src/api/openapi.d.ts", import.meta.url), `// Made by scripts/describe.mjs from docs/openapi: not to be edited.\n\n${types}`);
