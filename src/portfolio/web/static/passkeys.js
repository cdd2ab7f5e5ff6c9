// Passkeys (WebAuthn): shows its buttons where the browser can do it; everything works without, with the password.
"use strict";

const able = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

async function asked(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function signIn(next) {
  const options = await asked("/sign-in/passkey/options");
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  });
  return asked(`/sign-in/passkey?next=${encodeURIComponent(next)}`, credential.toJSON());
}

async function register() {
  const label = document.getElementById("passkey-label").value;
  const options = await asked("/me/security/passkeys/options");
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  return asked(`/me/security/passkeys?label=${encodeURIComponent(label)}`, credential.toJSON());
}

if (able) {
  for (const panel of document.querySelectorAll("[data-passkey-panel]")) panel.hidden = false;
  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const problem = document.querySelector("[data-passkey-problem]");
      problem.hidden = true;
      button.disabled = true;
      try {
        const { next } = button.dataset.passkey === "register" ? await register() : await signIn(button.dataset.next);
        location.assign(next);
      } catch {
        problem.textContent = problem.dataset.sentence;
        problem.hidden = false;
        button.disabled = false;
      }
    });
  }
}
