// @digitalbazaar/vc with eddsa-rdfc-2022: signs our unsigned documents, verifies our signed ones, contexts from memory.
import {packagesOf, serve} from './worker.mjs';

await serve(async ({packages, documents, did, publicKeyMultibase, secretKeyMultibase}) => {
  const {load} = packagesOf(packages);
  const {cryptosuite} = await load('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
  const {DataIntegrityProof} = await load('@digitalbazaar/data-integrity');
  const {from} = await load('@digitalbazaar/ed25519-multikey');
  const vc = await load('@digitalbazaar/vc');

  const id = `${did}#${publicKeyMultibase}`;
  const key = await from({
    '@context': 'https://w3id.org/security/multikey/v1', type: 'Multikey', controller: did, id,
    publicKeyMultibase, secretKeyMultibase,
  });
  const signing = new DataIntegrityProof({signer: key.signer(), cryptosuite});
  const verifying = new DataIntegrityProof({cryptosuite});

  // 'static', as the library's own loader says, lets it keep contexts as it has processed them.
  async function documentLoader(url) {
    if(!(url in documents)) {
      throw new Error(`nothing is fetched: ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document: documents[url], tag: 'static'};
  }

  return {
    async sign(texts) {
      let good = 0;
      for(const text of texts) {
        const signed = await vc.issue({credential: JSON.parse(text), suite: signing, documentLoader});
        good += JSON.stringify(signed).includes('"proofValue":"z') ? 1 : 0;
      }
      return good;
    },
    async verify(texts) {
      let good = 0;
      for(const text of texts) {
        const {verified} = await vc.verifyCredential({
          credential: JSON.parse(text), suite: verifying, documentLoader, checkStatus: async () => ({verified: true}),
        });
        good += verified ? 1 : 0;
      }
      return good;
    },
  };
});
