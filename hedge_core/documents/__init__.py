"""Files and links, in and out; everything untrusted is read here."""
