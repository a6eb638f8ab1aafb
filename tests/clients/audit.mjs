// Runs the audit of the graphql-http package against a server and prints what it found, in JSON.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const found = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify({ found }));
