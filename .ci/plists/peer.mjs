// Reads and writes property lists with the package that is named: an array of requests on stdin, of answers on stdout.
// tests/plist/test_plist_peers.py asks, and has the form of the values. A number is one here, whole or not.
import { readFileSync } from "node:fs";

const EPOCH = Date.UTC(2001, 0, 1);
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

async function load(name) {
  if (name === "plist") {
    const { build, buildBinary, parse } = await import("plist");
    return {
      read: (data) => parse(data[0] === 0x3c ? decoder.decode(data) : data),
      xml: (value) => build(value),
      binary: (value) => buildBinary(value),
    };
  }
  const { default: simple } = await import("simple-plist");
  return {
    read: (data) => simple.parse(data),
    xml: (value) => simple.stringify(value),
    binary: (value) => simple.bplistCreator(value),
  };
}

function told(value) {
  if (Array.isArray(value)) return value.map(told);
  if (typeof value === "number" || typeof value === "bigint") return { real: String(value) };
  if (value instanceof Date) return { date_since_2001: String((value.getTime() - EPOCH) / 1000) };
  if (ArrayBuffer.isView(value)) return { data_hex: Buffer.from(value).toString("hex") };
  if (typeof value === "object" && value !== null) {
    return { dict: Object.keys(value).map((key) => [key, told(value[key])]) };
  }
  return value;
}

function made(told) {
  if (Array.isArray(told)) return told.map(made);
  if (typeof told !== "object") return told;
  const [[kind, content]] = Object.entries(told);
  if (kind === "dict") return Object.fromEntries(content.map(([key, part]) => [key, made(part)]));
  if (kind === "data_hex") return Buffer.from(content, "hex");
  if (kind === "date_since_2001") return new Date(EPOCH + Number(content) * 1000);
  const number = Number(content.replace("inf", "Infinity"));
  return kind === "integer" && !Number.isSafeInteger(number) ? BigInt(content) : number;
}

function answer(peer, request) {
  try {
    if ("read" in request) return { value: told(peer.read(Buffer.from(request.read, "base64"))) };
    return { written: Buffer.from(peer[request.form](made(request.write))).toString("base64") };
  } catch (error) {
    return { error: String(error) };
  }
}

const peer = await load(process.argv[2]).catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  process.exit(3);
});
const requests = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(requests.map((request) => answer(peer, request))));
