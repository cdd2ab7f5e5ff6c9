// @govtechsg/open-attestation, schema 2.0: wraps documents of equal content (a salted hash for each value, a digest over
// them), signs them with secp256k1 as its DID method asks, and verifies them. It has neither JSON-LD nor Ed25519.
import {packagesOf, serve} from './worker.mjs';

await serve(async ({packages, did, address, secretKey}) => {
  const {require} = packagesOf(packages);
  const attestation = require('@govtechsg/open-attestation');
  const {verifyMessage} = require('@ethersproject/wallet');
  const algorithm = attestation.SUPPORTED_SIGNING_ALGORITHM.Secp256k1VerificationKey2018;
  const key = {public: `${did}#controller`, private: secretKey};
  let signed = []; // of the round before: its own documents are what it verifies

  async function sign(texts) {
    signed = [];
    for(const text of texts) {
      const wrapped = attestation.wrapDocument(JSON.parse(text));
      signed.push(JSON.stringify(await attestation.signDocument(wrapped, algorithm, key)));
    }
    return signed.length;
  }

  return {
    sign,
    async wrap(texts) {
      const wrapped = attestation.wrapDocuments(texts.map(text => JSON.parse(text)));
      return wrapped.map(document => JSON.stringify(document)).length;
    },
    async verify() {
      let good = 0;
      for(const text of signed) {
        const document = JSON.parse(text);
        const genuine = attestation.validateSchema(document) && attestation.verifySignature(document);
        // `verifySignature` looks at hashes alone; the key's signature is checked as its sister package oa-verify does.
        const {merkleRoot} = document.signature;
        const signer = verifyMessage(Buffer.from(merkleRoot, 'hex'), document.proof[0].signature);
        good += genuine && signer === address ? 1 : 0;
      }
      return good;
    },
    async digests() {
      let good = 0;
      for(const text of signed) {
        good += attestation.verifySignature(JSON.parse(text)) ? 1 : 0;
      }
      return good;
    },
  };
});
