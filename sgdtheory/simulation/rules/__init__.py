"""Update rules as printed in the papers, one file each."""
