// What is shown of a QR code or a link, and of what could not be read.

import { visible } from "../core/characters";
import { shortCode } from "../core/credential";
import { bdi, el, icon, type Child } from "./elements";
import { say } from "./language";
import type { Outcome, TroubleCode } from "./model";
import { block, row } from "./result_view";

const TROUBLES: Record<TroubleCode, string> = {
  too_large: "The file is too large to be a diploma or a file for checking.",
  no_code: "No QR code was found in the picture. Take the photo from straight above, with the code large and sharp.",
  pdf_encrypted: "The PDF is locked with a password, so its contents cannot be read. Ask for one without a password.",
  pdf_damaged: "The PDF is damaged and its attachment cannot be read. Ask for the file once more.",
  pdf_without:
    "There is no file for checking inside this PDF. A scan or a printed copy has none: ask for the original PDF, or use the QR code.",
  pdf_several: "This PDF carries several different files for checking. A diploma has one: do not rely on it, and ask for the original.",
  fault: "Something went wrong on this page. It says nothing about the document.",
};

export function troubleView({ trouble }: Outcome & { kind: "trouble" }): Child[] {
  return [callout("callout-warning", "warning", say("This could not be read"), el("p", {}, say(TROUBLES[trouble])))];
}

function callout(className: string, drawing: string, heading: string, ...children: Child[]): HTMLElement {
  return el(
    "div",
    { class: `callout ${className}`, role: className === "callout-warning" ? "alert" : false },
    icon(drawing),
    el("div", {}, el("h3", { class: "verdict-word", tabindex: "-1" }, heading), children),
  );
}

/** `digests` are those of the credentials on this page: a code that fits one of them is said to. */
export function linkView({ link }: Outcome & { kind: "link" }, digests: Uint8Array[]): Child[] {
  const foreign = link.trusted === false;
  const said = foreign
    ? "This address does not belong to a service that this page trusts. A page there can show anything, also that a forged document is genuine. Do not believe what it says."
    : link.trusted
      ? "The address belongs to a service that this page trusts. You can open it; it needs the internet and that service."
      : link.host
        ? "This copy of the page names no trusted service. Compare the name of the site with the one that you know, letter for letter."
        : "This is no address of a web page.";
  const heading = say(foreign ? "This link leads elsewhere" : "A link, not a document");
  const fits = link.code !== null && digests.some((digest) => shortCode(digest) === link.code);
  return [
    callout(foreign || !link.host ? "callout-warning" : "", foreign ? "warning" : "link", heading, el("p", {}, say(said))),
    el(
      "div",
      { class: "columns" },
      block(
        say("The code leads to"),
        el(
          "dl",
          { class: "facts" },
          link.host && row(say("The code leads to"), el("strong", { class: "host" }, bdi(link.host))),
          link.code && row(say("Check code"), el("code", {}, link.code), fits && el("small", { class: "aside" }, say("Check code of a file on this page: the same"))),
        ),
        el("p", { class: "small" }, el("code", {}, visible(link.text))),
        link.href && el("p", {}, el("a", { class: "button", href: link.href, rel: "noopener noreferrer", target: "_blank" }, say("Open %(host)s", { host: link.host ?? "" }))),
      ),
      block(
        say("What the code alone does not prove"),
        el("p", {}, say("A QR code can be copied onto any paper. By itself it proves nothing: neither who gave the document nor that it is still in force.")),
        el("p", {}, say("Ask the holder for the PDF or the file for checking and drop it here. The check code shown then must be the one of the paper.")),
      ),
    ),
  ];
}
