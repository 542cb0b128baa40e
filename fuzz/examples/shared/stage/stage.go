// Package stage tells how far inputs came, so that a run whose inputs all die in the decoder does not look
// as busy as any.
package stage

/*
#include <stdlib.h>
*/
import "C"

const (
	Unreadable = iota // neither JSON nor YAML, or not of the type
	Refused           // read, and the API server answers 422
	NotTaken          // accepted, and what the agent makes of it is less
	Accepted          // and taken, where there is an agent behind the API
	KnownPanic
)

// In C's memory: the harness prints them at its end.
var names = [...]*C.char{
	Unreadable: C.CString("not read"),
	Refused:    C.CString("refused by the API"),
	NotTaken:   C.CString("accepted and not taken whole"),
	Accepted:   C.CString("accepted and taken"),
	KnownPanic: C.CString("a known panic"),
}

//export NPFuzzStage
func NPFuzzStage(stage C.int) *C.char {
	if int(stage) >= len(names) {
		return nil
	}
	return names[stage]
}
