// Calico's translation of Kubernetes NetworkPolicy, as Felix and Typha run it: the conversion into
// Calico's own policy, its selectors' parser, the conversion into what the data plane is computed
// from, and the validation that Felix puts in front of that (what fails there is treated as if it
// were not in the cluster). Only what kube-apiserver accepts gets there.
//
// A panic is a finding by itself. NP_EXAMPLE_STRICT=1 makes one of every policy that the API accepts and
// Calico does not take whole: a rule dropped, a policy that its validation refuses.
package main

/*
#include <stdlib.h>
*/
import "C"

import (
	"fmt"
	"io"
	"os"
	"unsafe"

	"github.com/sirupsen/logrus"

	apiv3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/k8s/conversion"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/syncersv1/updateprocessors"
	"github.com/projectcalico/calico/libcalico-go/lib/selector"
	v1 "github.com/projectcalico/calico/libcalico-go/lib/validator/v1"
	"netpolcheck.example/fuzz/shared/apivalid"
	"netpolcheck.example/fuzz/shared/known"
	"netpolcheck.example/fuzz/shared/stage"
)

var (
	converter = conversion.NewConverter()
	strict    = os.Getenv("NP_EXAMPLE_STRICT") == "1"
)

func init() {
	logrus.SetOutput(io.Discard)
	logrus.SetLevel(logrus.PanicLevel)
}

// parses looks at every selector that a rule holds.
func parses(policy *apiv3.NetworkPolicy) error {
	selectors := []string{policy.Spec.Selector}
	for _, rules := range [][]apiv3.Rule{policy.Spec.Ingress, policy.Spec.Egress} {
		for _, r := range rules {
			selectors = append(selectors, r.Source.Selector, r.Source.NamespaceSelector,
				r.Destination.Selector, r.Destination.NamespaceSelector)
		}
	}
	for _, s := range selectors {
		if _, err := selector.Parse(s); err != nil {
			return fmt.Errorf("selector: %w", err)
		}
	}
	return nil
}

// translate is the way of a policy from the API into Felix's calculation graph.
func translate(data []byte) (int, error) {
	policy, how, _ := apivalid.Create(data)
	if how != stage.Accepted {
		return how, nil
	}
	pair, err := converter.K8sNetworkPolicyToCalico(policy)
	if err != nil {
		return stage.NotTaken, fmt.Errorf("conversion: %w", err)
	}
	calico := pair.Value.(*apiv3.NetworkPolicy)
	if err := parses(calico); err != nil {
		return stage.NotTaken, err
	}
	value, err := updateprocessors.ConvertNetworkPolicyV3ToV1Value(calico)
	if err != nil {
		return stage.NotTaken, fmt.Errorf("conversion to the data plane's model: %w", err)
	}
	if err := v1.Validate(*value.(*model.Policy)); err != nil {
		return stage.NotTaken, fmt.Errorf("validation of the data plane's model: %w", err)
	}
	return stage.Accepted, nil
}

//export NPFuzzOne
func NPFuzzOne(data *C.char, size C.int) C.int {
	text := C.GoBytes(unsafe.Pointer(data), size)
	return C.int(known.Run(func() int {
		how, err := translate(text)
		if err != nil && strict {
			panic(fmt.Sprintf("accepted by the API, not taken: %v", err))
		}
		return how
	}, stage.KnownPanic))
}

func main() {}
