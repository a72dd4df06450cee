"""What people write about segments and features, and names and headlines that follow from it."""
