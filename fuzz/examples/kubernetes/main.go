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

//export NPFuzzOne
func NPFuzzOne(data *C.char, size C.int) C.int {
	_, how, _ := apivalid.Create(C.GoBytes(unsafe.Pointer(data), size))
	return C.int(how)
}

func main() {}
