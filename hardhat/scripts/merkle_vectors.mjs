// Writes tests/vectors/merkle/*.json with OpenZeppelin's own JavaScript tree; `--check` writes nothing and exits 1 when a file
// differs. The vectors are for Python, Solidity and JavaScript alike; tests/vectors/merkle/README.md tells the format.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { standardLeafHash, standardNodeHash } from "@openzeppelin/merkle-tree/dist/hashes.js";

const FOLDER = fileURLToPath(new URL("../../tests/vectors/merkle/", import.meta.url));
const SIZES = [1, 2, 3, 7, 64];
const LONGEST = 64;

const sha256 = (text) => "0x" + createHash("sha256").update(text).digest("hex");
const leafOf = (digest) => standardLeafHash(["bytes32"], [digest]);
const flipped = (word, bit) => {
  const bytes = Buffer.from(word.slice(2), "hex");
  bytes[bit >> 3] ^= 0x80 >> (bit & 7);
  return "0x" + bytes.toString("hex");
};

function treeOf(size) {
  const digests = Array.from({ length: size }, (_, i) => sha256(`portfolio/vector/${size}/${i}`));
  const tree = StandardMerkleTree.of(digests.map((digest) => [digest]), ["bytes32"]);
  return {
    digests,
    leaves: digests.map(leafOf),
    root: tree.root,
    proofs: digests.map((digest) => tree.getProof([digest])),
  };
}

/** A tree so lopsided that its deepest leaf has a proof of `steps` arbitrary siblings. */
function chainOf(steps) {
  const digest = sha256(`portfolio/vector/chain/${steps}`);
  const proof = Array.from({ length: steps }, (_, i) => sha256(`portfolio/vector/chain/${steps}/${i}`));
  return { digest, root: proof.reduce(standardNodeHash, leafOf(digest)), proof };
}

function casesOf() {
  const seven = treeOf(7);
  const [digest, root, proof] = [seven.digests[2], seven.root, seven.proofs[2]];
  const inner = standardNodeHash(seven.leaves[2], proof[0]);
  const good = { digest, root, proof };
  const wrong = {
    "another-digest": ["a digest that is not in the tree", { ...good, digest: sha256("portfolio/vector/stranger") }],
    "another-leafs-proof": ["the proof of another leaf", { ...good, proof: seven.proofs[5] }],
    "another-root": ["the root of another tree", { ...good, root: treeOf(64).root }],
    "digest-bit": ["one bit of the digest flipped", { ...good, digest: flipped(digest, 255) }],
    "root-bit": ["one bit of the root flipped", { ...good, root: flipped(root, 0) }],
    "proof-bit": ["one bit of one sibling flipped", { ...good, proof: [proof[0], flipped(proof[1], 100), proof[2]] }],
    "too-short": ["the last sibling left out", { ...good, proof: proof.slice(0, -1) }],
    "too-long": ["a sibling more", { ...good, proof: [...proof, proof[0]] }],
    "swapped": ["two siblings swapped", { ...good, proof: [proof[1], proof[0], proof[2]] }],
    "empty": ["no proof for a tree of several leaves", { ...good, proof: [] }],
    "leaf-hash-as-digest": ["the leaf hash in the place of the digest", { ...good, digest: seven.leaves[2] }],
    "node-as-digest": ["an inner node in the place of a digest", { ...good, digest: inner, proof: proof.slice(1) }],
    "root-as-digest": ["the root in the place of a digest", { ...good, digest: root, proof: [] }],
    "zero-root": ["the zero root, as where there is no receipt", { ...good, root: "0x" + "00".repeat(32), proof: [] }],
    "chain-65": ["a proof that leads to the root but has more than 64 steps", chainOf(LONGEST + 1)],
  };
  const entries = Object.entries(wrong).map(([name, [why, body]]) => [`wrong-${name}.json`, { why, valid: false, ...body }]);
  const right = { why: "the longest proof that is allowed, 64 steps", valid: true, ...chainOf(LONGEST) };
  return [["right-chain-64.json", right], ...entries];
}

for (const [name, { digest, root, proof, valid }] of casesOf()) {
  // The library knows no longest proof; all else must be its own opinion too.
  const agrees = StandardMerkleTree.verify(root, ["bytes32"], [digest], proof) === valid;
  if (!agrees && proof.length <= LONGEST) throw new Error(`${name} is not what it says`);
}

const files = new Map([...SIZES.map((size) => [`tree-${size}.json`, treeOf(size)]), ...casesOf()]);
const check = process.argv.includes("--check");
const stale = readdirSync(FOLDER).filter((name) => name.endsWith(".json") && !files.has(name));
for (const [name, body] of files) {
  const text = JSON.stringify(body, null, 1) + "\n";
  if (existsSync(FOLDER + name) && readFileSync(FOLDER + name, "utf8") === text) continue;
  stale.push(name);
  if (!check) writeFileSync(FOLDER + name, text);
}
if (stale.length) console.log(`${check ? "stale or unknown" : "written"}: ${stale.join(", ")}`);
process.exitCode = check && stale.length ? 1 : 0;
