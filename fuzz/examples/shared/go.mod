// What the examples share. Nothing is required here: each example says in its own go.mod which versions it
// wants, and builds this against them.
module netpolcheck.example/fuzz/shared

go 1.26.0
