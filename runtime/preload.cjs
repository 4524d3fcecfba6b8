"use strict";
/* What the Pulumi engine has Node.js load before this program; see Pulumi.yaml. */
require("./load-typescript.cjs");
require("./skip-unused-tools.cjs");
