// Reads docs/vectors/links.json as the web would, by the URL Standard of WHATWG, and reports where devices differ.
// differs.json beside it lists the differences that are known, each with what the web says, and with several answers
// where editions of the standard differ ('^' in a path, xn-- labels that do not decode). Any other is a failure.
import { readFileSync } from "node:fs";

const vectors = new URL("../../docs/vectors/links.json", import.meta.url);
const list = new URL("differs.json", import.meta.url);

function parsed(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

// What a page's script makes of a link: the address that it leads to, or null.
function read(text) {
  const link = parsed(text);
  if (link?.protocol !== "itms-services:" || link.searchParams.get("action") !== "download-manifest") return null;
  return parsed(link.searchParams.get("url"))?.href ?? null;
}

// What a page's script writes for a URL, or null.
function built(text) {
  const url = parsed(text);
  return url && `itms-services://?action=download-manifest&url=${encodeURIComponent(url.href)}`;
}

const file = JSON.parse(readFileSync(vectors, "utf8"));
if (file.format !== 1) throw new Error(`format ${file.format} is not known here`);
const every = [
  // A device keeps the spelling of an address: a capital letter or a default port is no difference.
  ...file.vectors.map((one) => [one, parsed(one.device_url)?.href ?? one.device_url, read(one.text)]),
  ...file.built.map((one) => [one, one.link, built(one.url)]),
];
const known = JSON.parse(readFileSync(list, "utf8"));
let differs = 0;
for (const [{ id, remark }, device, web] of every) {
  if (web !== device) {
    differs += 1;
    console.log(`${id}, ${remark}\n  device: ${device}\n  web:    ${web}`);
  }
  const expected = id in known ? [known[id]].flat() : [device];
  if (!expected.includes(web)) {
    process.exitCode = 1;
    console.error(`differs.json should have ${JSON.stringify(id)}: ${JSON.stringify(web)}`);
  } else if (id in known && expected.every((one) => one === device)) {
    process.exitCode = 1;
    console.error(`differs.json has ${id}, which does not differ`);
  }
  delete known[id];
}
for (const id of Object.keys(known)) {
  process.exitCode = 1;
  console.error(`differs.json has ${id}, which is not a vector`);
}
console.log(`${every.length} links, of which the web reads or writes ${differs} differently`);
