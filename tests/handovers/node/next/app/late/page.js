import { redirect } from "next/navigation";
import { connection } from "next/server";
import { Suspense } from "react";

import { authorizeUrl } from "../../authorize";

// Ends after the page has begun, so that its status can no longer tell of a redirect.
async function Connect() {
  await connection();
  await new Promise((resolve) => setTimeout(resolve, 50));
  redirect(authorizeUrl());
}

export default function Page() {
  return (
    <Suspense fallback={<p>One moment</p>}>
      <Connect />
    </Suspense>
  );
}
