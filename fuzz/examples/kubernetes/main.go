// The real decoder and validator of networking.k8s.io/v1 NetworkPolicy: what kube-apiserver does with a body
// before it stores it (../apivalid).
package main

/*
#include <stdlib.h>
*/
import "C"

import (
	"unsafe"

	"netpolcheck.example/fuzz/shared/apivalid"
)

var stages = []*C.char{
	apivalid.Unreadable: C.CString("not read"),
	apivalid.Refused:    C.CString("refused"),
	apivalid.Accepted:   C.CString("accepted"),
}

//export NPFuzzOne
func NPFuzzOne(data *C.char, size C.int) C.int {
	_, stage, _ := apivalid.Create(C.GoBytes(unsafe.Pointer(data), size))
	return C.int(stage)
}

//export NPFuzzStage
func NPFuzzStage(stage C.int) *C.char {
	if int(stage) >= len(stages) {
		return nil
	}
	return stages[stage]
}

func main() {}
