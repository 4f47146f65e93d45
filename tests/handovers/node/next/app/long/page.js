import { connection } from "next/server";

import { authorizeUrl } from "../../authorize";

// Strings of 1024 bytes or more go to the browser with their length in front.
export default async function Page() {
  await connection();
  const href = authorizeUrl("é").replaceAll("&", "&amp;");
  const html = `<p>${"é".repeat(1024)} <a href="${href}">Connect</a> 💩</p>`;
  return (
    <>
      <a href={authorizeUrl("s".repeat(1024))}>Connect Zoom</a>
      <main dangerouslySetInnerHTML={{ __html: html }} />
    </>
  );
}
