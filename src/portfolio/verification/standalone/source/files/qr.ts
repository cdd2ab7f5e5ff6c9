// What a photo of a QR code says, and what that alone can and cannot prove (fault 112).

import jsQR from "jsqr";

import { readShortCode } from "../core/credential";

const SIDES = [1600, 900, 2400]; // pixels of the longer side: one size rarely suits every photograph

export interface ScannedLink {
  /** The address as it is written in the code, or as it was pasted. */
  text: string;
  host: string | null;
  /** Does the host belong to a service that this page's owner trusts? null: none is configured. */
  trusted: boolean | null;
  code: string | null;
  href: string | null;
}

export async function scan(image: Blob): Promise<string | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(image);
  } catch {
    return null;
  }
  try {
    for (const side of SIDES) {
      const found = decode(bitmap, side);
      if (found) return found;
    }
    return null;
  } finally {
    bitmap.close();
  }
}

function decode(bitmap: ImageBitmap, side: number): string | null {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return jsQR(context.getImageData(0, 0, width, height).data, width, height)?.data ?? null;
}

/** Takes an address apart; `hosts` are those of the trusted services, as the browser writes them. */
export function linkOf(text: string, hosts: string[]): ScannedLink {
  const plain = text.trim().slice(0, 500);
  let url: URL | null = null;
  try {
    url = new URL(plain);
  } catch {
    // no address: shown as text
  }
  const web = url !== null && ["http:", "https:"].includes(url.protocol) ? url : null;
  const trusted = !web || !hosts.length ? null : hosts.includes(web.hostname) && !web.username && !web.password;
  return {
    text: plain,
    host: web?.hostname ?? null,
    trusted,
    code: url ? readShortCode(fragment(url)) : null,
    href: web && trusted ? web.href : null,
  };
}

function fragment(url: URL): string {
  try {
    return decodeURIComponent(url.hash.slice(1));
  } catch {
    return "";
  }
}
