/** The App's private key, from the environment itself or from the file that it names. */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";

type Env = { readonly PRIVATE_KEY?: string | undefined; readonly PRIVATE_KEY_PATH?: string | undefined };

/** As PEM; undefined with a problem more. Probot passes a bad key over in silence; here it is a problem with its reason. */
export function readPrivateKey(env: Env, problems: string[]): string | undefined {
  const text = env.PRIVATE_KEY?.trim() || readKeyFile(env.PRIVATE_KEY_PATH, problems);
  if (text === undefined) {
    if (!env.PRIVATE_KEY_PATH)
      problems.push(
        "PRIVATE_KEY is missing: give the App's key, or PRIVATE_KEY_PATH with the .pem file you downloaded",
      );
    return undefined;
  }
  const unescaped = text.replaceAll("\\n", "\n");
  const pem = unescaped.startsWith("-----BEGIN") ? unescaped : Buffer.from(text, "base64").toString("utf8");
  try {
    if (createPrivateKey(pem).asymmetricKeyType === "rsa") return pem;
    problems.push("PRIVATE_KEY is not an RSA key: download the App's key again from its settings page");
  } catch {
    problems.push(
      "PRIVATE_KEY is not a readable PEM key: check that the line breaks survived (use PRIVATE_KEY_PATH if in doubt)",
    );
  }
  return undefined;
}

function readKeyFile(path: string | undefined, problems: string[]): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    problems.push(`PRIVATE_KEY_PATH: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
