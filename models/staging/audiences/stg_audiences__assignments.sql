{{ read_assignments() }}
